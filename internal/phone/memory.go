package phone

import "hash/maphash"

// memory finds what a phone says in the conversations of a port of UDP.
type memory struct {
	seed  maphash.Seed
	said  map[uint64][]line
	peers map[string]line // where each phone is
}

// line is a place in a conversation.
type line struct {
	talk *Conversation
	at   int
}

func newMemory(p *point) *memory {
	m := &memory{seed: maphash.MakeSeed(), said: make(map[uint64][]line), peers: make(map[string]line)}
	for _, c := range p.talks {
		for i := range c.Lines {
			if !c.Lines[i].Server {
				h := maphash.Bytes(m.seed, c.Lines[i].Data)
				m.said[h] = append(m.said[h], line{c, i})
			}
		}
	}
	return m
}

// find gives the line that a datagram is: of those with the same bytes the next
// one of the phone's conversation, else the first. fresh says that this begins a
// conversation.
func (m *memory) find(peer string, data []byte) (c *Conversation, at int, fresh bool) {
	list := m.said[maphash.Bytes(m.seed, data)]
	if len(list) == 0 {
		return nil, 0, false
	}
	now, known := m.peers[peer]
	found := list[0]
	for _, l := range list {
		if known && l.talk == now.talk && l.at > now.at {
			found = l
			break
		}
	}
	if len(m.peers) >= maxPeers {
		clear(m.peers)
	}
	m.peers[peer] = found
	return found.talk, found.at, !known || found.talk != now.talk
}
