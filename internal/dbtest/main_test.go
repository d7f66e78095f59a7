package dbtest_test

import "os"

// uniqueRun makes keys that no earlier run has left a template for.
var uniqueRun = os.Getpid()
