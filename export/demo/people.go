package demo

// What the made-up people are made of.
var (
	givenNames = []string{
		"Ada", "Agnieszka", "Ahmed", "Aiko", "Amara", "Ana", "Anders", "Aoife", "Arjun", "Bence", "Björn", "Carmen", "Chidi", "Chloé",
		"Daria", "Diego", "Dmitri", "Elena", "Elif", "Emeka", "Erik", "Fatima", "Femke", "Giulia", "Grace", "Hana", "Hugo", "Ingrid",
		"Isabel", "Ivan", "James", "Jana", "Joana", "José", "Kaito", "Katarina", "Kwame", "Lars", "Layla", "Leila", "Linh", "Lucía",
		"Mário", "Marta", "Mateusz", "Mehmet", "Mei", "Milan", "Mirela", "Nadia", "Niamh", "Nikos", "Noor", "Olga", "Omar", "Paula",
		"Pedro", "Petra", "Priya", "Rafael", "Rania", "Ravi", "Rosa", "Samuel", "Sanne", "Sara", "Seán", "Sofia", "Søren", "Stefan",
		"Svetlana", "Tariq", "Thandiwe", "Tomás", "Ulrike", "Vera", "Viktor", "Wanjiru", "Wei", "Yara", "Yusuf", "Zofia", "Zoë",
	}
	familyNames = []string{
		"Abebe", "Adeyemi", "Alvarez", "Andersson", "Bakker", "Banerjee", "Bauer", "Bianchi", "Byrne", "Castro", "Chen", "Costa",
		"Demir", "Diallo", "Dubois", "Eriksen", "Fernandes", "Fischer", "García", "Georgiou", "Haddad", "Hansen", "Horvat", "Ivanova",
		"Jensen", "Kaya", "Keller", "Kovács", "Kowalska", "Larsen", "Lefèvre", "López", "Mazur", "Mbeki", "Meyer", "Moreau", "Murphy",
		"Mwangi", "Nakamura", "Nguyen", "Novák", "O'Brien", "Okafor", "Olsen", "Özdemir", "Papadopoulos", "Patel", "Pereira", "Petrov",
		"Popescu", "Ramírez", "Rossi", "Sato", "Schmidt", "Sharma", "Silva", "Singh", "Smit", "Suzuki", "Takahashi", "Tanaka", "Torres",
		"van den Berg", "Vargas", "Virtanen", "Wagner", "Wójcik", "Yılmaz", "Zhang", "Żak",
	}
	streets = []string{
		"Alder Way", "Bahnhofstraße", "Calle Mayor", "Elm Street", "Hauptstraße", "Kerkstraat", "Market Lane", "Mill Road",
		"Quai Saint-Michel", "Rua das Flores", "Rue de la Paix", "Station Road", "Storgata", "Ulica Długa", "Via Roma", "Wharf Street",
	}
	cities = []string{
		"10115 Berlin, DE", "1012 Amsterdam, NL", "1100-148 Lisboa, PT", "20121 Milano, IT", "28013 Madrid, ES", "31-021 Kraków, PL",
		"75005 Paris, FR", "Bristol BS1 4DJ, GB", "Cork T12 XF62, IE", "Portland, OR 97204, US", "Richmond, VA 23219, US",
		"San José, CA 95113, US", "St. Paul, MN 55101, US", "0151 Oslo, NO",
	}
	plans      = []string{"free", "free", "free", "plus", "plus", "family"}
	userAgents = []string{
		"Thunderbird 128 (Windows)", "Apple Mail 16 (macOS)", "Firefox 133 (Linux)", "Chrome 131 (Android)", "Safari 18 (iOS)",
		"Outlook 16 (Windows)", "K-9 Mail 8 (Android)",
	}
	elsewhere = []string{
		"newsletter@gazette.example", "billing@power.example", "no-reply@rail.example", "orders@bookshop.example",
		"clinic@health.example", "school@lyceum.example", "team@club.example", "support@bank.example",
	}
	subjects = []string{
		"Your ticket for Saturday", "Re: dinner on Friday?", "Invoice attached", "Minutes of the meeting", "Photos from the lake",
		"Appointment confirmed", "Re: Re: the flat", "Happy birthday!", "Your parcel is on its way", "Question about the contract",
		"Notes for tomorrow", "The recipe you asked for", "Change of plans", "Monthly statement", "Welcome aboard",
	}
	sentences = []string{
		"Thanks for getting back to me so quickly.", "I'll be there at half past six.", "Could you send me the second page again?",
		"The train was late, as ever.", "Please find the details below.", "We should talk about this on the phone.",
		"Mother says hello.", "The key is with the neighbours.", "It was colder than the forecast said.",
		"I have moved the meeting to Thursday.", "Let me know whether that works for you.", "There were more people than chairs.",
		"The total comes to 48.20.", "Nobody has seen the cat since Tuesday.", "Bring a coat.",
	}
	timeZones = []string{"+00:00", "+01:00", "+02:00", "-05:00", "-08:00", "+05:30", "+09:00"}
)
