// Package page says how a page looks that is none of our forms: how much ink, screened pictures,
// black areas, display type and ruled lines it has.
//
// In: a bilevel page and its resolution. Out: order.PageLook. It reads nothing, recognises no
// sender and decides nothing: rules.KindOfPage does.
package page
