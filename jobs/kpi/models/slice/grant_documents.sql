-- grain: period, region, tier, document. Documents with grants in the calendar year so far to holders of the region.
SELECT DISTINCT period, tier, document_no, unnest([province, unit, county]) AS region_code
FROM (SELECT period, tier, province, unit, county, unnest(documents) AS document_no FROM moves WHERE granted_in_year)
