// Package desk serves the customer desk's pages: people settle faxes, look at orders and watch
// over the day, each as far as their role goes.
//
// In: HTTP requests of people who signed in. Out: pages of templates/page, and changes through
// store, each with the person's name. It decodes nothing, holds no rule and no SQL. One file
// per page or action.
package desk
