package child

import "time"

// Bounds on what is kept of a child and on how long it is waited for.
const (
	maxLine   = 512                    // bytes of a line, the rest of it is dropped
	maxTail   = 40                     // lines kept
	maxWords  = 5                      // lines in an error
	maxArgs   = 64                     // arguments
	drainWait = 500 * time.Millisecond // for output, after the child has ended
	killWait  = 5 * time.Second        // for the end, after SIGKILL
)
