-- Set-wise statements of shipping: what left a warehouse on a list (WHS-3).

-- name: ShipLock
SELECT p.id, w.warehouse_code, p.issued_at, p.shipped_at, p.shipped_by
FROM pick_lists p JOIN waves w ON w.id = p.wave_id WHERE p.number = $1 FOR UPDATE OF p;

-- name: ShipAllocations
SELECT a.order_id, a.shipment_id, s.no, a.line_no, a.item_code, a.qty
FROM allocations a JOIN shipments s ON s.id = a.shipment_id WHERE a.pick_list_id = $1 ORDER BY a.order_id, s.no, a.line_no, a.id;

-- name: ShipOrders
SELECT DISTINCT order_id FROM allocations WHERE pick_list_id = $1 ORDER BY order_id;

-- name: ShipLockStock
SELECT s.item_code FROM stock s
WHERE s.warehouse_code = $1 AND s.item_code IN (SELECT item_code FROM allocations WHERE pick_list_id = $2)
ORDER BY s.item_code, s.warehouse_code FOR UPDATE;

-- name: ShipList
UPDATE pick_lists SET shipped_at = $2, shipped_by = $3 WHERE id = $1;

-- name: ShipStock
UPDATE stock s SET on_hand_qty = s.on_hand_qty - t.qty, reserved_qty = s.reserved_qty - t.qty
FROM (SELECT warehouse_code, item_code, sum(qty)::int AS qty FROM allocations WHERE pick_list_id = $1 GROUP BY 1, 2) t
WHERE s.warehouse_code = t.warehouse_code AND s.item_code = t.item_code;

-- name: ShipShipments
-- Shipments of the list of which nothing waits: all they carry is on lists that are shipped.
UPDATE shipments s SET state = 'shipped'
WHERE s.state = 'released' AND s.id IN (SELECT shipment_id FROM allocations WHERE pick_list_id = $1)
  AND NOT EXISTS (
    SELECT FROM allocations a LEFT JOIN pick_lists p ON p.id = a.pick_list_id
    WHERE a.shipment_id = s.id AND p.shipped_at IS NULL);

-- name: ShipFinishOrders
-- rules.Shipped, set-wise.
UPDATE orders o SET state = 'shipped'
WHERE o.id = ANY($1) AND o.state = 'released'
  AND NOT EXISTS (SELECT FROM shipments s WHERE s.order_id = o.id AND s.state NOT IN ('shipped', 'cancelled'))
RETURNING o.id;

-- name: StockOnOpenLists
-- Goods on lists of which nobody has said yet that they left.
SELECT a.warehouse_code, a.item_code, array_agg(DISTINCT p.number ORDER BY p.number)
FROM pick_lists p JOIN allocations a ON a.pick_list_id = p.id
JOIN unnest($1::text[], $2::text[]) AS t (warehouse_code, item_code)
    ON t.warehouse_code = a.warehouse_code AND t.item_code = a.item_code
WHERE p.shipped_at IS NULL GROUP BY 1, 2;

-- name: PickListByNumber
SELECT id FROM pick_lists WHERE number = $1;
