package transparency

import "fmt"

// A Definition says what a figure means, for who reads the JSON alone.
type Definition struct {
	Figure string `json:"figure"`
	Means  string `json:"means"`
}

func definitions(threshold int, b Bands) []Definition {
	d := []Definition{
		{"period", "The half-year in UTC in which the provider received the order. An order that is completed later changes the figures of the half-year in which it was received."},
		{"null", fmt.Sprintf("Withheld. A count from 1 to below the threshold, %d, is not printed, nor are further ones from which it would follow. For times: there are too few disclosures to tell.", threshold)},
		{"orders", "Legal orders on accounts of consumers. National-security process is in none of these figures."},
		{"enterprise", "Legal orders on accounts of customers that are organisations; they are not among the orders."},
		{"preservation", "Demands to keep data. Nothing is disclosed; an order to disclose what was kept is counted among the orders, once, and the preservation is not counted with it."},
		{"country", "Country of the issuing authority, ISO 3166-1 alpha-2; \"ZZ\" if it isn't known. \"other\": the countries with fewer requests than the threshold, taken together, and so many more that they are not too few. \"all\": all countries. Countries stand by number of requests, the most first."},
		{"requests", "Orders received. One order is one request, however many people it concerns."},
		{"accounts", "Accounts to which the identifiers in the orders led; an account in two orders counts twice."},
		{"identifiers", "Identifiers, such as addresses and numbers, that the orders named."},
		{"outcomes", "What became of the requests, each counted once, under the first of these that is true. They add up to the requests."},
		{"content", "Content of communications or of files was disclosed."},
		{"non-content", "Records about the user or the use were disclosed, but no content."},
		{"with-consent", "Enterprise only: disclosed with the customer's consent or under its contract, whatever it was."},
		{"preserved", "Preservation only: the data were kept."},
		{"no-data", "Nothing that was asked for was found."},
		{"rejected", "The provider refused."},
		{"redirected", "The authority was sent to the organisation whose account it is."},
		{"pending", "Not completed when the report was made."},
		{"processes", "The kinds of legal process. They add up to the requests. \"emergency\": demands in an emergency, whatever the process. \"unrecognised\": orders turned away that named a kind which the provider's rules don't have. \"other\": the kinds rarer than the threshold, as for countries."},
		{"narrowed", "Requests on which less was disclosed than they asked for."},
		{"non-disclosure", "Requests that forbade the provider to tell the user."},
		{"followed", "Preservations after which an order to disclose the data came."},
		{"non_disclosure_percent", "Share of the requests under non-disclosure, in percent, rounded half up."},
		{"median_minutes", "Time from receipt to delivery, in minutes, within which half of the requests that ended in a disclosure were answered (nearest rank)."},
		{"p90_minutes", "The same for 90 percent."},
	}
	if s, ok := structures[b.Structure]; ok {
		d = append(d, Definition{"national_security", fmt.Sprintf("National-security process of the United States, by %s only in bands of %d, of which the first includes none at all. A line with a date instead of a band is published from that day on.", s.cite, s.width)},
			Definition{"selectors", "Identifiers of customers that the process targeted."})
	}
	return d
}
