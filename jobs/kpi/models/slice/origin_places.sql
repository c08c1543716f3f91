-- grain: one row. Batch, file and sheet of all origins as they stand in evidence, by the number of the origin.
SELECT list(concat(
  ',"batch_id":' || CAST(to_json(batch_id) AS VARCHAR), ',"file_name":' || CAST(to_json(file_name) AS VARCHAR),
  ',"sheet":' || CAST(to_json(sheet) AS VARCHAR)) ORDER BY origin) AS places
FROM origins
