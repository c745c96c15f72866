-- The plan of engine_plan.toml by hand, as one query over the facts of engine_world.py. It knows what the engine has to find
-- out: one currency, no open deals, everybody on the plan all year, one quota a person, a year that is the calendar's.
CREATE OR REPLACE TABLE lines AS
WITH credit AS (
    SELECT
        coalesce(s.participant_id, d.owner_participant_id) AS participant_id,
        d.deal_id,
        d.crm_id,
        d.close_date,
        strftime(d.close_date, '%Y-%m') AS period,
        quarter(d.close_date) AS quarter,
        CASE WHEN s.deal_id IS NULL THEN 'owner' ELSE 'revenue' END AS role,
        coalesce(s.share, 1)::DECIMAL(18, 10) AS share,
        d.amount AS deal_amount,
        d.currency AS deal_currency,
        (d.amount::DECIMAL(18, 4) * coalesce(s.share, 1)::DECIMAL(18, 6))::DECIMAL(18, 6) AS credited
    FROM deals AS d
    LEFT JOIN splits AS s USING (deal_id)
    WHERE d.status = 'won'
),
running AS (
    SELECT
        *,
        sum(credited) OVER (
            PARTITION BY participant_id ORDER BY close_date, crm_id, share DESC ROWS UNBOUNDED PRECEDING
        )::DECIMAL(18, 6) AS after
    FROM credit
),
quota AS (
    SELECT participant_id, sum(amount)::DECIMAL(18, 4) AS quota FROM quotas WHERE measure = 'bookings' GROUP BY 1
),
tier AS (
    SELECT * FROM (
        VALUES
            (1, NULL, 0.5, 0.04),
            (2, 0.5, 1.0, 0.06),
            (3, 1.0, 1.5, 0.09),
            (4, 1.5, NULL, 0.05)
    ) AS tier (tier, low, high, rate)
),
bound AS (
    SELECT
        participant_id,
        tier,
        rate,
        coalesce((quota * low)::DECIMAL(18, 6), -1e11::DECIMAL(18, 6)) AS low,
        coalesce((quota * high)::DECIMAL(18, 6), 1e11::DECIMAL(18, 6)) AS high
    FROM quota CROSS JOIN tier
),
slice AS (
    SELECT
        running.*,
        tier,
        low,
        high,
        rate,
        (least(greatest(after, low), high) - least(greatest(after - credited, low), high))::DECIMAL(18, 6) AS inside
    FROM running JOIN bound USING (participant_id)
    WHERE after > low AND after - credited < high
),
sales AS (
    SELECT *, round(inside * rate, 2)::DECIMAL(18, 2) AS amount FROM slice WHERE inside <> 0
),
monthly AS (
    SELECT participant_id, quarter, period, sum(amount) AS earned FROM sales GROUP BY ALL
),
capped AS (
    SELECT
        *,
        least(sum(earned) OVER to_here, 36000) AS due,
        sum(earned) OVER to_here AS summed
    FROM monthly
    WINDOW to_here AS (PARTITION BY participant_id, quarter ORDER BY period ROWS UNBOUNDED PRECEDING)
),
cut AS (
    SELECT
        participant_id,
        period,
        due - summed - coalesce(lag(due - summed) OVER (PARTITION BY participant_id, quarter ORDER BY period), 0)
            AS amount
    FROM capped
),
bonus AS (
    SELECT
        running.*,
        (5000 * ((after >= quota)::INT - (after - credited >= quota)::INT))::DECIMAL(18, 2) AS amount
    FROM running JOIN quota USING (participant_id)
),
team AS (
    SELECT
        h.manager_id AS participant_id,
        c.* EXCLUDE (participant_id),
        c.participant_id AS from_participant_id,
        round(c.credited * 0.01, 2)::DECIMAL(18, 2) AS amount
    FROM credit AS c JOIN hierarchy AS h USING (participant_id)
    WHERE h.manager_id IS NOT NULL
),
every AS (
    SELECT
        participant_id, period, 'Sales' AS component, 0 AS cause, deal_id, crm_id, close_date, role, share, deal_amount,
        deal_currency, inside AS credited, tier, low, high, rate, amount, NULL::BIGINT AS from_participant_id
    FROM sales
    UNION ALL BY NAME
    SELECT participant_id, period, 'Sales' AS component, 1 AS cause, amount FROM cut WHERE amount <> 0
    UNION ALL BY NAME
    SELECT
        participant_id, period, 'Bonus' AS component, 0 AS cause, deal_id, crm_id, close_date, role, share, deal_amount,
        deal_currency, credited, amount
    FROM bonus WHERE amount <> 0
    UNION ALL BY NAME
    SELECT
        participant_id, period, 'Team' AS component, 0 AS cause, deal_id, crm_id, close_date, role, share, deal_amount,
        deal_currency, credited, 0.01 AS rate, amount, from_participant_id
    FROM team
)
SELECT
    row_number() OVER (
        PARTITION BY participant_id, period
        ORDER BY component, cause, close_date, crm_id, share DESC, from_participant_id, tier
    ) AS line_no,
    * EXCLUDE (crm_id, close_date)
FROM every;
