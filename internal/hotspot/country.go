package hotspot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mdlayher/wifi"

	"tinycheck"
)

// intersection is the kernel's code for rules that are the common part of two
// countries': the one that was asked for and the one that a neighbouring access
// point announced. Nothing is allowed under it that would not be in ours.
const intersection = "98"

// settle tells the kernel the country and reads back whether it knows it: for
// one that is not in its database (wireless-regdb) it says nothing and goes on
// with the old one.
func settle(ctx context.Context, c Config, card Card) error {
	if card.SelfManaged {
		return nil
	}
	client, err := wifi.New()
	if err != nil {
		return tinycheck.Errorf(opOpen, tinycheck.Unavailable, err)
	}
	defer shut(client)
	if now, err := client.GetRegulatoryDomain(); err == nil && now.Region == c.Country {
		return nil
	}
	err = client.SetRegulatoryRegion(c.Country, wifi.RegulatoryHintUser)
	if errors.Is(err, fs.ErrPermission) {
		return because(opOpen, ReasonNoPermission, c.Interface, "", err)
	}
	if err != nil {
		return because(opOpen, ReasonWrongCountry, c.Interface, "country "+c.Country, err)
	}
	now := ""
	known := func() bool {
		domain, err := client.GetRegulatoryDomain()
		if err == nil {
			now = domain.Region
		}
		return now == c.Country || now == intersection
	}
	if !poll(ctx, countryWait, known) {
		return refuse(opOpen, ReasonWrongCountry, c.Interface, fmt.Sprintf("country %s, the kernel goes by %s", c.Country, now))
	}
	return nil
}
