// Package wired tests the whole program, as it is built, in a world of network
// namespaces: phones behind a bridge, the box, the site's network, the Internet.
// It is "make e2e" without radios, and part of "make test".
package wired
