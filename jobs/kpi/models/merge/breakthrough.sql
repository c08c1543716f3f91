-- grain: period, region, holder, document. Breakthroughs (零突破): the first valid certificates of a tier that a region ever
-- had. Firms whose validity begins on the same first day are all named: none of them is before the others.
SELECT getvariable('release') AS release, getvariable('programme') AS programme, *
FROM first_certificates
QUALIFY valid_from = min(valid_from) OVER (PARTITION BY period, region_level, region_code)
