// Package decode turns packets into flows and flows into events: link layers
// and tunnels are taken off, fragments and the heads of TCP streams put
// together, protocols recognised, names of remotes learnt.
//
//	d := decode.New(decode.Config{}, func(e tinycheck.Event) { … })
//	for … { d.Decode(&packet) }
//	d.End()
//
// Events come in the order of the packets that completed them. What only the
// end of a flow completed (a message whose rest never came) is told right
// before its FlowEnd; both carry the number and the time of the flow's own last
// packet. So does what is told when a flow has to give up its memory.
//
// A Flow that an event points to is shared and goes on changing until its
// FlowEnd, which comes exactly once and last: who keeps it, copies it. The same
// packets give the same events, always: time comes from the packets.
//
// It does not judge anything, knows no indicators and keeps no payload longer
// than its parsers need. Everything that grows is bounded by the constants in
// limit.go; what did not fit is counted in Stats. Packets that cannot be read
// are counted and passed over. A panic of a parser (or of the function that
// takes the events) is contained, counted, and costs the flow that caused it
// its further reading, not its counting.
package decode
