// Package jobs names the work: what each job is told (ids only), its kind, queue and retry
// policy, which work follows which event (flow.go: the whole process on one page) and when
// scheduled work is due (schedule.go). It does none of it.
package jobs
