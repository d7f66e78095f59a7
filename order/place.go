package order

import "slices"

// prefectures are the 47 prefectures in the order of JIS X 0401, so that the code of a
// prefecture is its index + 1.
var prefectures = []string{
	"北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県",
	"茨城県", "栃木県", "群馬県", "埼玉県", "千葉県", "東京都", "神奈川県",
	"新潟県", "富山県", "石川県", "福井県", "山梨県", "長野県", "岐阜県", "静岡県", "愛知県",
	"三重県", "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県",
	"鳥取県", "島根県", "岡山県", "広島県", "山口県",
	"徳島県", "香川県", "愛媛県", "高知県",
	"福岡県", "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県",
}

// Prefectures lists the 47 prefectures by their full names in the order of JIS X 0401.
func Prefectures() []string { return slices.Clone(prefectures) }

// IsPrefecture tells whether name is the full name of a prefecture, such as "東京都".
func IsPrefecture(name string) bool { return slices.Contains(prefectures, name) }

// postalBlocks are the first two digits of postal codes, by prefecture. Post offices that
// serve places across a border break it here and there, so it supports warnings only.
var postalBlocks = map[string][][2]int{
	"北海道": {{0, 0}, {4, 9}}, "秋田県": {{1, 1}}, "岩手県": {{2, 2}}, "青森県": {{3, 3}},
	"東京都": {{10, 20}}, "神奈川県": {{21, 25}}, "千葉県": {{26, 29}}, "茨城県": {{30, 31}},
	"栃木県": {{32, 32}}, "埼玉県": {{33, 36}}, "群馬県": {{37, 37}}, "長野県": {{38, 39}},
	"山梨県": {{40, 40}}, "静岡県": {{41, 43}}, "愛知県": {{44, 49}}, "岐阜県": {{50, 50}},
	"三重県": {{49, 49}, {51, 51}}, "滋賀県": {{52, 52}}, "大阪府": {{53, 59}, {61, 61}}, "京都府": {{60, 62}},
	"奈良県": {{63, 64}}, "和歌山県": {{64, 64}}, "兵庫県": {{56, 56}, {65, 67}}, "鳥取県": {{68, 68}},
	"島根県": {{68, 69}}, "岡山県": {{70, 71}}, "広島県": {{72, 73}}, "山口県": {{74, 75}},
	"香川県": {{76, 76}}, "徳島県": {{77, 77}}, "高知県": {{78, 78}}, "愛媛県": {{79, 79}},
	"福岡県": {{80, 83}, {87, 87}}, "佐賀県": {{84, 84}}, "長崎県": {{81, 81}, {85, 85}}, "熊本県": {{86, 86}},
	"大分県": {{83, 83}, {87, 87}}, "宮崎県": {{88, 88}}, "鹿児島県": {{89, 89}}, "沖縄県": {{90, 90}},
	"福井県": {{91, 91}}, "石川県": {{92, 92}}, "富山県": {{93, 93}}, "新潟県": {{38, 38}, {94, 95}},
	"福島県": {{96, 97}}, "宮城県": {{98, 98}}, "山形県": {{99, 99}},
}

// PostalFits tells whether a postal code of 7 digits can lie in a prefecture, by its first two
// digits. A misfit is worth a warning, no more.
func PostalFits(postal, prefecture string) bool {
	if len(postal) != 7 || postal[0] < '0' || postal[0] > '9' || postal[1] < '0' || postal[1] > '9' {
		return false
	}
	n := int(postal[0]-'0')*10 + int(postal[1]-'0')
	return slices.ContainsFunc(postalBlocks[prefecture], func(b [2]int) bool { return b[0] <= n && n <= b[1] })
}
