package source

import "time"

// parseTime reads "YYYY-MM-DD", sep, "HH:MM:SS", a fraction of up to nine
// digits if there is one, and, if zoned, "Z" or an offset. Nothing else passes:
// a time that is read wrongly is worse than one that is refused. It is not
// time.Parse because that allocates for each value.
func parseTime(raw []byte, sep byte, zoned bool) (time.Time, error) {
	if len(raw) < 19 || raw[10] != sep || raw[13] != ':' || raw[16] != ':' {
		return time.Time{}, errTime
	}
	day, err := parseDate(raw[:10])
	hour, ok1 := number(raw[11:13], 23)
	minute, ok2 := number(raw[14:16], 59)
	second, ok3 := number(raw[17:19], 59)
	if err != nil || !ok1 || !ok2 || !ok3 {
		return time.Time{}, errTime
	}
	t := day.Add(time.Duration(hour*3600+minute*60+second) * time.Second)

	rest := raw[19:]
	if len(rest) > 0 && rest[0] == '.' {
		n := leadingDigits(rest[1:])
		if n < 1 || n > 9 {
			return time.Time{}, errTime
		}
		ns, _ := number(rest[1:1+n], 999_999_999)
		for range 9 - n {
			ns *= 10
		}
		t, rest = t.Add(time.Duration(ns)), rest[1+n:]
	}
	switch {
	case !zoned && len(rest) == 0, zoned && len(rest) == 1 && rest[0] == 'Z':
		return t, nil
	case zoned && len(rest) == 6 && rest[3] == ':' && (rest[0] == '+' || rest[0] == '-'):
		hours, ok1 := number(rest[1:3], 23)
		minutes, ok2 := number(rest[4:6], 59)
		if !ok1 || !ok2 {
			return time.Time{}, errTime
		}
		offset := time.Duration(hours*60+minutes) * time.Minute
		if rest[0] == '+' {
			offset = -offset
		}
		return t.Add(offset), nil
	}
	return time.Time{}, errTime
}

// parseDate reads "YYYY-MM-DD", a day that exists.
func parseDate(raw []byte) (time.Time, error) {
	if len(raw) != 10 || raw[4] != '-' || raw[7] != '-' {
		return time.Time{}, errDate
	}
	year, ok1 := number(raw[:4], 9999)
	month, ok2 := number(raw[5:7], 12)
	day, ok3 := number(raw[8:], 31)
	if !ok1 || !ok2 || !ok3 {
		return time.Time{}, errDate
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if y, m, d := t.Date(); y != year || int(m) != month || d != day {
		return time.Time{}, errDate
	}
	return t, nil
}

// number reads digits only, of at most most.
func number(digits []byte, most int) (int, bool) {
	v := 0
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, v <= most
}

func leadingDigits(b []byte) int {
	for i, c := range b {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(b)
}
