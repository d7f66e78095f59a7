// Package folder collects documents that people and fax servers put into a folder, or into some
// folders below it.
//
// In: a folder. Out: each file once, whole, oldest first, to a function that stores it for good.
// A file is taken when two looks in a row have found it unchanged (an empty one: many more) and
// no program holds it locked to write, or at once when it was renamed from the name of an
// unfinished file. Names that begin with a dot or end in .part, .tmp, ~ and the like are never
// taken. What was stored moves to the subfolder taken, a folder for each day, which is emptied
// after a time if so told; what was too large, to too-large, which is not.
//
// It never deletes a file that was not stored, and never looks into one.
package folder
