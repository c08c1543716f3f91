-- grain: period, incentive. Every incentive of every policy with its status: whether it can be worked out, and why not.
SELECT getvariable('release') AS release, getvariable('programme') AS programme, p.period,
  i.* EXCLUDE (amount_name, quantified, turn)
FROM incentive_rules i CROSS JOIN periods p
WHERE p.asked
