// Package pattern compiles regular expressions late.
package pattern

import (
	"regexp"
	"sync"
)

// Lazy compiles a regular expression when it is first used: the program is
// started for every completion of a command line, and most starts need none.
func Lazy(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
