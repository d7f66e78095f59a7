// Package sftptest is an SFTP server that keeps what it gets in a folder for each user: for tests,
// for the demo and beside the program where no partner's server should be reached.
//
// In: sessions over SSH (SFTP version 3). Out: files, and whatever failure a test asks for at
// whatever write. No name leads out of a user's folder.
package sftptest
