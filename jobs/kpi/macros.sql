-- What models share: quotients, amounts, rounding, validity of certificates, names as they are compared.

-- Two whole numbers divided as doubles; NULL where there is nothing to divide by. Nothing of a negative is 0, not -0.
CREATE MACRO quotient(above, below) AS
  CAST(above AS DOUBLE) / nullif(CAST(below AS DOUBLE), 0.0) + CAST(0.0 AS DOUBLE);

-- An exact value in whole minor units (元 -> 分 with 100), half away from zero if finer.
CREATE MACRO whole_minor(exact, units) AS CAST(CAST(exact AS DECIMAL(30, 6)) * CAST(units AS DECIMAL(7, 0)) AS BIGINT);

-- Whole minor units in the unit shown, exactly; and as a double.
CREATE MACRO amount(total, per_minor) AS
  CAST(CAST(total AS DECIMAL(20, 0)) * CAST(per_minor AS DECIMAL(5, 4)) AS DECIMAL(38, 4));
CREATE MACRO whole(n) AS CAST(n AS DECIMAL(38, 4));
CREATE MACRO shown(total, minor) AS CAST(total AS DOUBLE) / CAST(minor AS DOUBLE);

-- Quantile of type 7 of an ascending list (h = (n - 1) p), and the mean added up in that order.
CREATE MACRO between_values(below, above, part) AS below + part * (above - below);
CREATE MACRO quantile_7(ordered, p) AS between_values(
  ordered[CAST(floor((len(ordered) - 1) * p) AS BIGINT) + 1],
  ordered[CAST(least(floor((len(ordered) - 1) * p) + 2, len(ordered)) AS BIGINT)],
  (len(ordered) - 1) * p - floor((len(ordered) - 1) * p));
CREATE MACRO mean_in_order(ordered) AS
  CASE WHEN len(ordered) > 0 THEN list_reduce(ordered, lambda total, one: total + one, CAST(0.0 AS DOUBLE)) / len(ordered) END;

-- Counts by name without the names that nobody has.
CREATE MACRO counts_by_name(pairs) AS
  coalesce(map_from_entries(pairs), CAST(MAP {} AS MAP(VARCHAR, BIGINT)));
CREATE MACRO one_count(name, n) AS
  CASE WHEN n > 0 THEN MAP {name: CAST(n AS BIGINT)} ELSE CAST(MAP {} AS MAP(VARCHAR, BIGINT)) END;

-- Words of several lines as one list. Lists of many groups are sorted behind their aggregate: inside, each group costs a sort.
CREATE MACRO words_of(lines) AS flatten([e.words FOR e IN lines]);

-- A certificate is valid on a day from its first to its last day, unless withdrawn by then.
CREATE MACRO valid_on(valid_from, valid_to, withdrawn_on, a_day) AS
  valid_from <= a_day AND coalesce(valid_to, a_day) >= a_day AND coalesce(withdrawn_on > a_day, true);
-- Whether it was ever valid: not withdrawn before it began.
CREATE MACRO ever_valid(valid_from, valid_to, withdrawn_on) AS
  coalesce(withdrawn_on > valid_from, true) AND coalesce(valid_to >= valid_from, true);

CREATE MACRO add_months(a_day, months) AS CAST(a_day + to_months(CAST(months AS INTEGER)) AS DATE);
CREATE MACRO datediff(later, earlier) AS date_diff('day', earlier, later);

-- A share as text with four places, half away from zero on its shortest decimal form.
CREATE MACRO four_places(share) AS
  CAST(CAST(CAST(CAST(share AS VARCHAR) AS DECIMAL(38, 24)) AS DECIMAL(38, 4)) AS VARCHAR);

-- Growth of a sum in per cent, only over a base above 0; the state of such a figure.
CREATE MACRO growth_rate(now, base, n) AS CASE WHEN n > 0 AND base > 0 THEN quotient(now - base, base) * 100 END;
CREATE MACRO growth_status(base, n, few) AS
  CASE WHEN n = 0 THEN 'EMPTY' WHEN base <= 0 THEN 'NOT_COMPARABLE' WHEN n < few THEN 'FEW' ELSE 'OK' END;

-- All others of the scope under one reason, so that reasons and n make the scope in every row; no counts.
CREATE MACRO all_others(n, scope) AS one_count('NOT_IN_READING', scope - n);
CREATE MACRO no_counts() AS CAST(MAP {} AS MAP(VARCHAR, BIGINT));

-- A double with up to four decimals, or as many more as put it on its side of each number it is set against: of one that
-- is near. What differs by no more than computing with doubles does is the same.
CREATE MACRO side_of(value, bound) AS CASE WHEN abs(value - bound) <= abs(bound) * 4e-15 THEN 0 ELSE sign(value - bound) END;
CREATE MACRO near(value, bounds) AS len(list_filter(bounds, lambda bound: abs(value - bound) < 0.001)) > 0;
CREATE MACRO half_up(value) AS TRY_CAST(CAST(value AS VARCHAR) AS DECIMAL(38, 20));
CREATE MACRO decides(value, rounded, bounds) AS
  len(list_filter(bounds, lambda bound: sign(CAST(rounded AS DOUBLE) - bound) <> side_of(value, bound))) = 0;
CREATE MACRO double_text(value, bounds) AS rtrim(rtrim(CASE
  WHEN NOT coalesce(near(value, bounds), false) OR decides(value, CAST(half_up(value) AS DECIMAL(38, 4)), bounds)
    THEN format('{:,.4f}', value)
  WHEN decides(value, CAST(half_up(value) AS DECIMAL(38, 8)), bounds) THEN format('{:,.8f}', value)
  WHEN decides(value, CAST(half_up(value) AS DECIMAL(38, 12)), bounds) THEN format('{:,.12f}', value)
  ELSE format('{:,.15f}', value) END, '0'), '.');

-- A fact as evidence: its value and the line of the file as received that it stands in; several of them.
CREATE MACRO fact_shown(fact, value, line, places) AS CASE WHEN value IS NOT NULL THEN concat(
  '{"fact":"', fact, '","value":"', CAST(value AS VARCHAR), '"', places[line // 2147483648],
  ',"row_no":' || nullif(line % 2147483648, 0), '}') END;
CREATE MACRO listed_facts(shown) AS '[' || nullif(array_to_string(shown, ','), '') || ']';

-- A body in charge, the provincial team that of the firm's domain; of a firm without one: the one concerned.
CREATE MACRO body_of_domain(body, domain_name) AS replace(body, '{domain}', coalesce(domain_name, '对应'));

-- The number of a quarter: one more is the quarter after.
CREATE MACRO quarter_number(period) AS CAST(period[1:4] AS INTEGER) * 4 + CAST(period[6] AS INTEGER) - 1;

-- An exact value as text, without the zeros that only its type adds; with thousands separators.
CREATE MACRO exact_text(exact) AS regexp_replace(CAST(CAST(exact AS DECIMAL(28, 4)) AS VARCHAR), '\.?0+$', '');
CREATE MACRO grouped(digits) AS reverse(rtrim(regexp_replace(reverse(digits), '(\d{3})', '\1,', 'g'), ','));
-- Units of a hundred-millionth of 万元 as 万元: two decimals, half up, but what is there is never shown as nothing.
CREATE MACRO units_in_wan(units) AS CASE WHEN units BETWEEN 1 AND 499999
  THEN '0.' || rtrim(lpad(CAST(units AS VARCHAR), 8, '0'), '0')
  ELSE grouped(CAST((units + 500000) // 100000000 AS VARCHAR)) || '.'
    || lpad(CAST((units + 500000) // 1000000 % 100 AS VARCHAR), 2, '0') END;
-- 元, with four decimals, in 万元.
CREATE MACRO in_wan(yuan) AS CASE WHEN yuan < 0 THEN '-' ELSE '' END || units_in_wan(CAST(abs(yuan) * 10000 AS HUGEINT)) || '万元';

-- Words of policies that the engine spells otherwise.
CREATE MACRO size(items) AS len(items);
CREATE MACRO array_min(items) AS list_min(items);
CREATE MACRO array_join(items, separator) AS array_to_string(items, separator);
CREATE MACRO arrays_overlap(these, those) AS list_has_any(these, those);
