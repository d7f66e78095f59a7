// Package sftp carries files to partners' SFTP servers, and fetches those that they leave there.
//
// In: a server with its pinned host key, folders, names and bytes. Out: a file that is whole under
// its final name or not there at all, and the files that are whole in a folder. It knows nothing of
// what the files say, and keeps nothing but what the last look saw.
package sftp
