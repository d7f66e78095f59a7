// Package page renders the desk's pages.
//
// In: one view struct a page, with everything on it decided. Out: HTML, in Japanese or English,
// and the assets that pages load (style sheets, scripts, icons), under names that change with
// their content. Texts stand in the templates, both languages side by side: {{t "受付" "Intake"}}.
// It reads no database, knows no rule, and puts no script or style inline (the pages' content
// security policy forbids them).
package page
