// Package hylafax hands faxes to a HylaFAX server by its program sendfax.
//
// In: a parcel with a PDF. Out: the server's job number. Whether the fax arrived is told by the
// server in a mail (notify), which is not read here.
package hylafax
