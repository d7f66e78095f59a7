-- Roles and grants, run at the end of every migration; everything here may run again.
-- Roles belong to the whole server, so two databases may migrate at once.
DO $$
DECLARE r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['todoke_owner', 'todoke_app', 'todoke_retention'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', r);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO todoke_app, todoke_retention;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO todoke_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO todoke_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO todoke_app;
REVOKE UPDATE, DELETE, TRUNCATE ON page_kinds, page_prints FROM todoke_app;
REVOKE UPDATE, DELETE, TRUNCATE ON form_layouts, printed_forms FROM todoke_app;
REVOKE UPDATE, DELETE, TRUNCATE ON budget_entries, approval_steps, approval_links FROM todoke_app;
REVOKE DELETE, TRUNCATE ON approvals FROM todoke_app;
REVOKE UPDATE, DELETE, TRUNCATE ON payment_tries, card_comparisons FROM todoke_app;
REVOKE DELETE, TRUNCATE ON card_differences FROM todoke_app;
REVOKE DELETE, TRUNCATE ON payments FROM todoke_app;
REVOKE UPDATE, DELETE, TRUNCATE ON mail_answers, mail_parts FROM todoke_app;
REVOKE UPDATE, DELETE, TRUNCATE ON documents, document_claims, delivery_notices, gateway_gaps, drafts, events, issued_documents,
    reading_audits, reading_audit_keyings, reading_thresholds, accesses, schedule_run_requests,
    archive_verifications, gateway_profiles, rule_changes, department_changes FROM todoke_app;
REVOKE UPDATE, DELETE, TRUNCATE ON archive_entries, archive_facts, archive_parties, document_senders FROM todoke_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON archive_erasures FROM todoke_app;
REVOKE UPDATE, TRUNCATE ON archive_pending FROM todoke_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON reading_audit_key FROM todoke_app;
REVOKE DELETE, TRUNCATE ON staff, orders, order_lines, pages, reviews, document_states, idempotency_keys,
    waves, pick_lists, deliveries, delivery_attempts, schedules, schedule_runs, reading_audit_states FROM todoke_app;
REVOKE UPDATE, DELETE, TRUNCATE ON illegible_pages, pick_list_notes, stock_movements, result_rows FROM todoke_app;
REVOKE DELETE, TRUNCATE ON answers, dealer_requests, rereads FROM todoke_app;
REVOKE DELETE, TRUNCATE ON page_likenesses FROM todoke_app;
REVOKE DELETE, TRUNCATE ON partner_files, warehouse_tokens FROM todoke_app;
REVOKE INSERT, UPDATE, DELETE ON goose_db_version FROM todoke_app;

-- Retention takes bytes and personal data away, documents of which an erasure is logged first; the
-- documents' rows, the chain and what was issued stay.
REVOKE DELETE ON documents FROM todoke_retention;
REVOKE UPDATE, DELETE ON issued_documents FROM todoke_retention;
GRANT SELECT ON documents, document_claims, document_senders, document_states, pages, drafts, reviews, events, orders, order_lines, issued_documents,
    archive_entries, archive_facts, archive_parties, archive_erasures, archive_pending, reading_audits, reading_audit_states, reading_audit_keyings TO todoke_retention;
GRANT INSERT ON archive_erasures, archive_pending, events TO todoke_retention;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO todoke_retention;
GRANT UPDATE ON documents, archive_facts, archive_parties TO todoke_retention;
GRANT DELETE ON document_senders, archive_parties TO todoke_retention;
GRANT UPDATE, DELETE ON document_claims, document_states, pages, drafts, reviews, events,
    reading_audits, reading_audit_states, reading_audit_keyings TO todoke_retention;
GRANT SELECT, UPDATE, DELETE ON page_kinds, page_prints TO todoke_retention;
GRANT SELECT, UPDATE, DELETE ON page_likenesses TO todoke_retention;
GRANT SELECT, UPDATE, DELETE ON mail_answers, mail_parts TO todoke_retention;
GRANT SELECT, UPDATE, DELETE ON answers, illegible_pages TO todoke_retention;
GRANT SELECT, UPDATE ON delivery_notices TO todoke_retention;
GRANT SELECT, DELETE ON review_facts, idempotency_keys TO todoke_retention;
