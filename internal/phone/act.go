package phone

import (
	"context"
	"time"
)

// running is a question or conversation that goes on.
type running struct {
	began time.Time
	end   time.Duration // in the scenario
	done  chan struct{}
}

// act plays questions and conversations in the order of their beginnings.
func (p *Phone) act(ctx context.Context) {
	p.begin = time.Now()
	var now []running
	questions, talks := p.script.Questions, p.script.Conversations
	for len(questions)+len(talks) > 0 {
		if len(talks) == 0 || len(questions) > 0 && questions[0].At <= talks[0].Begin {
			q := &questions[0]
			questions = questions[1:]
			now = p.room(ctx, now, q.At)
			done := make(chan struct{})
			p.names.ask(q.Name, done)
			now = p.start(now, q.Last, done, func() { p.ask(ctx, q) })
			continue
		}
		c := &talks[0]
		talks = talks[1:]
		now = p.room(ctx, now, c.Begin)
		waits := p.names.asking(c.Name)
		now = p.start(now, c.Last, make(chan struct{}), func() {
			for _, w := range waits {
				<-w // a question ends in bounded time
			}
			p.talk(ctx, c)
		})
	}
	for _, r := range now {
		<-r.done
	}
	p.open.closeAll()
}

func (p *Phone) start(now []running, end time.Duration, done chan struct{}, f func()) []running {
	go func() {
		defer close(done)
		f()
	}()
	return append(now, running{time.Now(), end, done})
}

// room waits until something may begin: at its time or, as fast as possible,
// when what has ended by then in the scenario has ended here too, or takes longer
// than a phone would mind. It forgets what is over.
func (p *Phone) room(ctx context.Context, now []running, at time.Duration) []running {
	if p.config.Speed > 0 {
		until(ctx, p.due(p.begin, at))
	}
	left := now[:0]
	for _, r := range now {
		if p.config.Speed == 0 && r.end <= at {
			r.wait(r.began.Add(orderly))
		}
		if !r.wait(time.Time{}) {
			left = append(left, r)
		}
	}
	if len(left) >= maxTalks {
		<-left[0].done
		left = left[1:]
	}
	return left
}

// wait tells whether it is over, at the latest at that moment.
func (r running) wait(limit time.Time) bool {
	timer := time.NewTimer(time.Until(limit))
	defer timer.Stop()
	select {
	case <-r.done:
		return true
	default:
	}
	select {
	case <-r.done:
		return true
	case <-timer.C:
		return false
	}
}
