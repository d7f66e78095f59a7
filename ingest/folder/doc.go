// Package folder collects documents that people and fax servers put into a folder.
//
// In: a folder. Out: each file once, whole, oldest first, to a function that stores it for good.
// A file is taken when two looks in a row have found it unchanged, so that one still being
// written is left alone (an empty one for longer); names that begin with a dot or end in .part, .tmp or ~ are never taken.
// What was stored moves to the subfolder taken, which may be emptied at any time.
//
// It never deletes a file and never looks into one.
package folder
