// Package scenario placeholder.
package scenario
