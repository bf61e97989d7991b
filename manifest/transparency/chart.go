package transparency

// The charts are drawn 360 units wide, about as wide as a phone, so that their
// letters are as large there as the text's.
const (
	chartWidth = 360
	plotHeight = 150
	plotTop    = 16 // room for a bar's figure
)

// A stackedChart has a bar for each half-year with a part for each outcome.
type stackedChart struct {
	Height, Base, LabelY int
	Bars                 []stack
	Key                  []part
}

type stack struct {
	Middle, Top  int
	Value, Label string
	Parts        []part
}

type part struct {
	Class, Title        string
	X, Y, Width, Height int
}

func outcomeChart(periods []Period) stackedChart {
	c := stackedChart{Base: plotTop + plotHeight, LabelY: plotTop + plotHeight + 14, Height: plotTop + plotHeight + 20}
	most := 1
	for _, p := range periods {
		most = max(most, p.Groups[0].All.Requests.n)
	}
	if len(periods) == 0 {
		return c
	}
	step := chartWidth / len(periods)
	width := max(1, min(56, step*7/10))
	every := (len(periods)*50 + chartWidth - 1) / chartWidth // a label is about 50 wide
	used := make(map[string]bool)
	for i, p := range periods {
		all := p.Groups[0].All
		s := stack{Middle: step*i + step/2, Value: number(all.Requests)}
		if (len(periods)-1-i)%every == 0 {
			s.Label = p.Period.String()
		} else {
			s.Value = ""
		}
		low, rest := 0, all.Requests.n
		draw := func(class string, n int) {
			if n == 0 {
				return
			}
			from, to := low*plotHeight/most, (low+n)*plotHeight/most
			low += n
			used[class] = true
			s.Parts = append(s.Parts, part{
				Class: class, Title: p.Period.String() + ", " + label(class) + ": " + number(Printed(n)),
				X: s.Middle - width/2, Y: c.Base - to, Width: width, Height: to - from,
			})
		}
		for _, o := range all.Outcomes {
			rest -= o.Requests.n
			draw(o.Name, o.Requests.n)
		}
		draw("withheld", rest)
		s.Top = c.Base - low*plotHeight/most - 4
		c.Bars = append(c.Bars, s)
	}
	for _, name := range append(append([]string{}, kinds[0].outcomes...), "withheld") {
		if used[name] {
			c.Key = append(c.Key, part{Class: name, Title: label(name)})
		}
	}
	return c
}

// A barChart has a bar for each country.
type barChart struct {
	Height int
	Bars   []bar
}

type bar struct {
	Label, Value            string
	Y, TextY, Width, ValueX int
}

// countryChart shows the ten countries with the most requests, or nothing.
func countryChart(rows []Row) *barChart {
	const left, right, step = 44, 60, 20
	c := new(barChart)
	for _, r := range rows {
		if r.Country == Other || len(c.Bars) == 10 {
			break
		}
		width := r.Requests.n * (chartWidth - left - right) / max(1, rows[0].Requests.n)
		c.Bars = append(c.Bars, bar{
			Label: r.Country, Value: number(r.Requests),
			Y: step * len(c.Bars), TextY: step*len(c.Bars) + 11, Width: max(1, width), ValueX: left + width + 6,
		})
	}
	if len(c.Bars) == 0 {
		return nil
	}
	c.Height = step * len(c.Bars)
	return c
}
