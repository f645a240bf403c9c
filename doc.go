// Package tinycheck is the dictionary of TinyCheck: the nouns of the field, one
// per file, with their validation, their ordering and the one decision that the
// product exists for (Decide).
//
// TinyCheck answers one question for a frightened, non-technical person: does
// this phone talk to somebody who is spying on its owner? Everything that works
// lives under internal/ and speaks in the words defined here, along one straight
// line:
//
//	packet → flow → event → observable → sighting → finding → verdict → report
//
// The package imports the standard library only. It has no clock, no language,
// no disk and no network: time comes from packets, words are chosen at the door
// (internal/locale), and the same packets with the same indicators and the same
// settings give the same bytes of result.
//
// It does not parse anything that comes off a wire or out of a file; parsers
// live in internal/wire and internal/exchange and hand over these types.
package tinycheck
