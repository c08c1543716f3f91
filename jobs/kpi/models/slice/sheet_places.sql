-- grain: one row. Batch, file and sheet of all sheets as they stand in evidence, by the number of the sheet.
SELECT list(concat(
  ',"batch_id":' || CAST(to_json(batch_id) AS VARCHAR), ',"file_name":' || CAST(to_json(file_name) AS VARCHAR),
  ',"sheet":' || CAST(to_json(sheet) AS VARCHAR)) ORDER BY sheet_no) AS places
FROM sheets
