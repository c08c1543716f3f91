-- grain: list of words. Words of what is missing, not met or left out as one text, each once, in the order in which they come.
WITH lists AS (
  SELECT missing AS words FROM criteria_found
  UNION SELECT unnest([failed, undecided, missing, left_out]) FROM verdicts
), each AS (
  SELECT words, word, min(place) AS place
  FROM (SELECT words, unnest(words) AS word, generate_subscripts(words, 1) AS place FROM lists)
  GROUP BY ALL
)
SELECT words, string_agg(text, '；' ORDER BY place) AS text FROM each JOIN criteria_words USING (word) GROUP BY ALL
