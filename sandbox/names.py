"""Names of people, accounts and products for the generated sales: several scripts, quotes, commas, an emoji."""

from __future__ import annotations

SHARED_PEOPLE = (("Ada", "Lindström"), ("Bruno", "Okafor"), ("Chloé", "D'Amico"))
"""The first three sales people, the same in every sandbox and for every seed: they sell in both CRMs."""

FIRST_NAMES = (
    "Aaliyah", "Akira", "Amélie", "Anneke", "Arjun", "Beatriz", "Björn", "Carlos", "Daniela", "Dmitri", "Elif", "Emeka",
    "Fatima", "Felix", "Georgia", "Hana", "Henrik", "Imani", "Ingrid", "Ivan", "Jonas", "José", "Kaito", "Katarzyna",
    "Leila", "Liam", "Łukasz", "Mei", "Mina", "Noah", "Núria", "Olga", "Oskar", "Priya", "Quentin", "Rania", "René",
    "Sofia", "Søren", "Tariq", "Thị", "Uma", "Viktor", "Wanjiru", "Xavier", "Yara", "Zoë", "Zuzana",
)  # fmt: skip
LAST_NAMES = (
    "Adeyemi", "Andersson", "Bauer", "Björnsdóttir", "Castillo", "Chen", "Dubois", "Eriksen", "Ferrari", "García",
    "Haddad", "Ivanova", "Jansen", "Kovács", "Kowalczyk", "Larsen", "Müller", "Nakamura", "Nguyễn", "Novák", "O'Brien",
    "Öztürk", "Papadopoulos", "Patel", "Quispe", "Rossi", "Saint-Martin", "Schröder", "Silva", "Smith", "Suzuki",
    "Tanaka", "Torres", "Usman", "van der Berg", "Vasquez", "Weber", "Yıldız", "Zhang", "Żukowska",
)  # fmt: skip
ACCOUNTS = (
    "Acme", "Aurora", "Bluebird", "Borealis", "Café Größenwahn", "Cobalt", "Delta & Sons", "Dürrenmatt", "Éclair",
    "Falcon", "Fjällräven Logistik", "Globex", "Harbor", "Ikigai 生きがい", "Jupiter", "Königsberg", "Łódź Textiles",
    "Meridian", "Montréal Fer", "Nimbus", "O'Reilly", "Orchid", "Pergamon", "Quartz", "Rüdesheim", "São Paulo Aço",
    "Tempest", "Umbra", "Vertex", "Wolfram", "Xenon", "Yggdrasil", "Zephyr", "Москва Сталь", "東京精密", "شركة النور",
)  # fmt: skip
LEGAL_FORMS = ("Inc.", "GmbH", "Ltd", "S.A.", "LLC", "AB", "株式会社", "Group", 'Holding "East"', "plc, London")
PRODUCTS = (
    "Platform", "Seats", "Renewal", "Expansion", "Pilot", "Data add-on", "Premium support", "Migration 🚀",
    "Mobile, offline", "Analytics",
)  # fmt: skip
TEAMS = ("Enterprise", "Mid-Market", "SMB", "EMEA", "Strategic")
SUBJECTS = (
    "Discovery", "Demo", "Follow-up", "Pricing question", "Security review", "Contract", "Kick-off", "Check-in",
    "Procurement – next steps", "Q&A",
)  # fmt: skip
