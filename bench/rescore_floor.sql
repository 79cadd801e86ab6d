-- The floor of a rescore: one set-based UPDATE that aggregates the same ratings, signals and adjustments and writes the
-- same columns. Plain SQL of the same formulas as far as one statement can say them; no history, no explanation.
WITH rated AS (
    SELECT item_id,
        avg(level) FILTER (WHERE criterion IN ('business_value', 'strategic_fit', 'reach_reuse')) / 5 AS value,
        avg(level) FILTER (WHERE criterion IN ('customer_pain', 'users_affected', 'trust')) / 5 AS impact,
        avg(level) FILTER (WHERE criterion IN ('technical_risk', 'compliance_risk', 'recurrence')) / 5 AS risk,
        avg(CASE certainty WHEN 'guess' THEN 0.4 WHEN 'informed' THEN 0.7 ELSE 1.0 END
            * power(2, -greatest(0, extract(epoch FROM %(now)s - rated_at) / 86400 - 30)::float8 / 180)) AS confidence
    FROM scoring_rating WHERE product_id = %(product)s GROUP BY item_id
), heard AS (
    SELECT item_id,
        least(1, ln(1 + sum(magnitude * power(2, -extract(epoch FROM %(now)s - occurred_at)::float8 / 86400 / 30)))
            / ln(51)) AS evidence
    FROM scoring_signal WHERE product_id = %(product)s AND item_id IS NOT NULL GROUP BY item_id
), adjusted AS (
    SELECT item_id, sum(points) AS points
    FROM scoring_adjustment WHERE product_id = %(product)s AND expires_at > %(now)s AND ended_at IS NULL GROUP BY item_id
), made AS (
    SELECT i.id, 30 * r.value AS value, 25 * (r.impact + coalesce(h.evidence, 0)) AS impact, 20 * r.risk AS risk,
        r.confidence, power(greatest(1, coalesce(i.effort, 3)), -0.3) AS effort,
        CASE WHEN i.due_at IS NULL THEN 0
            ELSE power(2, -greatest(0, extract(epoch FROM i.due_at - %(now)s))::float8 / 86400 / 14) END AS urgency,
        coalesce(a.points, 0) AS points, i.effort IS NULL AS assumed
    FROM backlog_item i JOIN rated r ON r.item_id = i.id
    LEFT JOIN heard h ON h.item_id = i.id LEFT JOIN adjusted a ON a.item_id = i.id
    WHERE i.product_id = %(product)s
), final AS (
    SELECT *, least(100, greatest(0, (value + impact + risk) * (0.5 + 0.5 * confidence) * effort * (1 + urgency) / 2
        + points)) AS priority FROM made
)
UPDATE backlog_itemsummary s SET
    order_score = -f.priority, priority = f.priority, value_part = f.value, impact_part = f.impact, risk_part = f.risk,
    confidence_part = (f.value + f.impact + f.risk) * (f.confidence - 1) / 2,
    effort_part = (f.value + f.impact + f.risk) * (f.effort - 1), urgency_part = f.urgency, adjustment_part = f.points,
    clipping_part = 0, confidence = f.confidence,
    band = CASE WHEN f.priority >= 30 THEN 'act_now' WHEN f.priority >= 15 THEN 'next' ELSE 'later' END,
    band_by_policy = false, effort_assumed = f.assumed, missing = '', rubric_version = 1, scored_at = %(now)s,
    stale_since = NULL
FROM final f WHERE s.item_id = f.id
