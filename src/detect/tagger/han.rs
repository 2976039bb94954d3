//! What a tagger of Chinese gets wrong: mends tags, and drops those that are no names.
//!
//! Names in parts (·) are put together, places at the head of an organisation are split off, buildings are places,
//! products called after a person and verse are left alone.

use super::Tag;
use super::classical::is_classical;
use crate::base::{EntityType, Span};
use crate::detect::name::zh;
use crate::detect::page::Page;
use crate::detect::text::{char_at, char_before, is_han};

/// Between the parts of a foreign name.
const DOTS: &str = "·•‧・．";
/// Longest part of a foreign name, in characters.
const MOST_PART: usize = 8;
/// A name in verse must be this likely.
const LEAST_IN_VERSE: f32 = 0.97;
/// The length of a sentence that is looked at, in characters each way.
const SENTENCE_CHARS: usize = 40;
/// Nouns of things that are made and sold: the name before them is a brand.
const PRODUCTS: &[&str] = &[
    "牌",
    "菜刀",
    "剪刀",
    "刀具",
    "运动",
    "跑鞋",
    "球鞋",
    "篮球鞋",
    "板鞋",
    "鞋",
    "手机",
    "平板",
    "电脑",
    "耳机",
    "音箱",
    "电视",
    "空调",
    "冰箱",
    "洗衣机",
    "小家电",
    "豆浆机",
    "汽车",
    "电动车",
    "轮胎",
    "风味",
    "辣酱",
    "调料",
    "调味",
    "饮料",
    "凉茶",
    "白酒",
    "啤酒",
    "黄酒",
    "月饼",
    "烤鸭",
    "瓜子",
    "糖果",
    "牙膏",
    "口红",
    "香水",
    "化妆品",
    "服饰",
    "服装",
    "男装",
    "女装",
    "珠宝",
    "旗舰店",
    "专卖店",
    "同款",
    "联名",
    "系列",
    "品牌",
];
/// Brands that are, or look like, a person's name.
const BRANDS: &[&str] = &[
    "李宁",
    "张小泉",
    "王守义",
    "王老吉",
    "王致和",
    "王麻子",
    "李锦记",
    "陈克明",
    "陈李济",
    "周大福",
    "周大生",
    "周生生",
    "周黑鸭",
    "周六福",
    "谢瑞麟",
    "老凤祥",
    "马应龙",
    "吴裕泰",
    "张一元",
    "谢馥春",
    "胡庆余堂",
    "徐福记",
    "杨国福",
    "张君雅",
    "白象",
    "乔丹",
    "史密斯",
    "福特",
    "丰田",
    "本田",
    "奔驰",
    "宝马",
    "特斯拉",
    "法拉利",
    "保时捷",
    "马自达",
    "戴尔",
    "惠普",
    "西门子",
    "飞利浦",
    "博世",
    "索尼",
    "松下",
    "迪奥",
    "香奈儿",
    "爱马仕",
    "阿玛尼",
    "范思哲",
    "古驰",
    "普拉达",
    "欧莱雅",
    "雅诗兰黛",
    "兰蔻",
    "强生",
    "吉列",
    "高露洁",
    "麦当劳",
    "肯德基",
    "安踏",
    "康师傅",
    "娃哈哈",
    "雷蛇",
    "罗技",
];
/// What makes an organisation's name that of a building.
const BUILDINGS: &[&str] = &[
    "博物馆",
    "展览馆",
    "美术馆",
    "纪念馆",
    "艺术馆",
    "图书馆",
    "体育馆",
    "酒店",
    "饭店",
    "宾馆",
    "会展中心",
    "公园",
    "广场",
    "机场",
    "车站",
    "火车站",
    "大厦",
    "动物园",
    "植物园",
    "体育场",
    "球场",
    "剧院",
    "教堂",
    "寺",
    "码头",
];
/// Titles that are taken for the beginning of a name.
const TITLES_BEFORE: &[&str] = &[
    "王储", "总统", "总理", "首相", "国王", "女王", "教皇", "记者", "教练", "队长",
];
/// Bodies that are called after the place alone.
const PLACE_BODIES: &[&str] = &["政府", "当局", "军方", "警方", "方面", "队", "人"];

/// Keeps, mends or drops the tags of one text.
pub(super) fn sift(page: &Page<'_>, tags: &mut Vec<Tag>) {
    let text = page.text;
    let types = (page.types.person, page.types.place, page.types.org);
    let mut kept: Vec<Tag> = Vec::with_capacity(tags.len());
    for mut tag in tags.drain(..) {
        if !stands_alone(text, tag.span) {
            continue;
        }
        if tag.entity == types.0 {
            if let Some(last) = kept
                .last_mut()
                .filter(|last| last.entity == types.0 && joined(text, last.span, tag.span))
            {
                last.span = last.span.union(tag.span);
                last.score = last.score.max(tag.score);
                last.span = whole_dotted(text, last.span);
                continue;
            }
            tag.span = whole_dotted(text, untitled(text, with_surname(text, tag.span)));
            if is_person(text, &tag) {
                kept.push(tag);
            }
        } else if tag.entity == types.2 {
            split(text, tag, types.1, &mut kept);
        } else if is_place(text, &tag) {
            kept.push(tag);
        }
    }
    *tags = kept;
}

/// Whether a tag has a Han character and cuts no word of Latin letters.
fn stands_alone(text: &str, span: Span) -> bool {
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let name = span.slice(text).unwrap_or_default();
    let cuts_before = latin(char_before(text, span.start)) && latin(name.chars().next());
    let cuts_behind = latin(char_at(text, span.end)) && latin(name.chars().next_back());
    name.contains(is_han) && !cuts_before && !cuts_behind
}

/// A given name with the surname that stands before it, where nothing stands before that.
fn with_surname(text: &str, span: Span) -> Span {
    let name = span.slice(text).unwrap_or_default();
    let short = (1..=2).contains(&name.chars().count());
    let before = char_before(text, span.start).filter(|c| short && is_han(*c));
    let Some(surname) = before else { return span };
    let start = span.start - surname.len_utf8();
    let edge = char_before(text, start).is_none_or(|c| !is_han(c));
    let is = text.get(start..span.start).is_some_and(zh::is_surname);
    if edge && is {
        Span::new(start, span.end)
    } else {
        span
    }
}

/// Whether nothing but a dot stands between two parts.
fn joined(text: &str, a: Span, b: Span) -> bool {
    let gap = text.get(a.end..b.start).unwrap_or_default();
    let mut between = gap.chars();
    between.next().is_some_and(|c| DOTS.contains(c)) && between.next().is_none()
}

/// A name with the parts that stand before and behind it, over dots.
fn whole_dotted(text: &str, span: Span) -> Span {
    let mut span = span;
    while let Some(dot) = char_at(text, span.end).filter(|c| DOTS.contains(*c)) {
        let start = span.end + dot.len_utf8();
        let part = |c: &char| is_han(*c) && !"的在是和与说将被向对为等及".contains(*c);
        let rest = text.get(start..).unwrap_or_default();
        let length: usize = rest
            .chars()
            .take(MOST_PART)
            .take_while(part)
            .map(char::len_utf8)
            .sum();
        let ends = char_at(text, start + length).is_none_or(|c| !is_han(c) || !part(&c));
        if length == 0 || !ends {
            break;
        }
        span.end = start + length;
    }
    span
}

fn untitled(text: &str, span: Span) -> Span {
    let name = span.slice(text).unwrap_or_default();
    let title = TITLES_BEFORE
        .iter()
        .find(|title| name.starts_with(**title) && name.len() > title.len());
    Span::new(span.start + title.map_or(0, |title| title.len()), span.end)
}

fn is_person(text: &str, tag: &Tag) -> bool {
    let name = tag.span.slice(text).unwrap_or_default();
    let rest = text.get(tag.span.end..).unwrap_or_default();
    let rest = rest.trim_start_matches(' ');
    if zh::is_no_name(name)
        || BRANDS.contains(&name)
        || PRODUCTS.iter().any(|product| rest.starts_with(product))
    {
        return false;
    }
    if name.chars().filter(|c| is_han(*c)).count() == 1 && !zh::is_surname(name) {
        return false;
    }
    tag.score >= LEAST_IN_VERSE || !is_classical(sentence(text, tag.span))
}

/// Places of one character are abbreviations of countries and provinces, and some words of places are nobody's.
fn is_place(text: &str, tag: &Tag) -> bool {
    let name = tag.span.slice(text).unwrap_or_default();
    if tag.score < LEAST_IN_VERSE && is_classical(sentence(text, tag.span)) {
        return false;
    }
    let mut chars = name.chars();
    let first = chars.next().filter(|_| chars.next().is_none());
    if let Some(only) = first {
        return ABBREVIATED.contains(only);
    }
    let rest = text.get(tag.span.end..).unwrap_or_default();
    !GENERIC.contains(&name) && !rest.starts_with("通行证") && !name.starts_with(COUNTING)
}

/// The sentence around a span, as far as it is looked at.
fn sentence(text: &str, span: Span) -> &str {
    let ends = |c: &char| matches!(c, '。' | '！' | '？' | '；' | '\n' | '“' | '”' | '：');
    let head = text.get(..span.start).unwrap_or_default();
    let before: usize = head
        .chars()
        .rev()
        .take(SENTENCE_CHARS)
        .take_while(|c| !ends(c))
        .map(char::len_utf8)
        .sum();
    let tail = text.get(span.end..).unwrap_or_default();
    let after: usize = tail
        .chars()
        .take(SENTENCE_CHARS)
        .take_while(|c| !ends(c))
        .map(char::len_utf8)
        .sum();
    text.get(span.start - before..span.end + after)
        .unwrap_or_default()
}

/// An organisation: its place and what is left, or the building that it is.
fn split(text: &str, tag: Tag, place: EntityType, kept: &mut Vec<Tag>) {
    let name = tag.span.slice(text).unwrap_or_default();
    if BUILDINGS.iter().any(|building| name.ends_with(building)) {
        kept.push(Tag {
            entity: place,
            ..tag
        });
        return;
    }
    let head = head_place(name);
    if head > 0 {
        let middle = tag.span.start + head;
        kept.push(Tag {
            entity: place,
            span: Span::new(tag.span.start, middle),
            ..tag
        });
        let rest = text.get(middle..tag.span.end).unwrap_or_default();
        if !rest.is_empty() && !PLACE_BODIES.contains(&rest) {
            kept.push(Tag {
                span: Span::new(middle, tag.span.end),
                ..tag
            });
        }
        return;
    }
    kept.push(tag);
}

/// Bytes of the places at the head of an organisation's name.
fn head_place(name: &str) -> usize {
    let mut at = 0;
    while let Some(rest) = name.get(at..) {
        let Some(place) = PLACES.iter().find(|place| rest.starts_with(**place)) else {
            break;
        };
        let end = at + place.len();
        let unit = char_at(name, end)
            .filter(|c| "省市县区".contains(*c))
            .map_or(0, char::len_utf8);
        at = end + unit;
    }
    at
}

/// Countries and provinces in one character.
const ABBREVIATED: &str = "中美英法德日俄韩朝印巴以澳加亚欧非京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤琼川蜀黔滇陕甘青台蒙桂藏宁新港";
/// What is called a place of no name.
const GENERIC: &[&str] = &[
    "大城市",
    "城市",
    "老城区",
    "城区",
    "市区",
    "郊区",
    "远郊县",
    "沿河",
    "国家图书馆",
    "图书馆",
    "大图书馆",
    "博物馆",
    "联邦政府",
    "北方",
    "南方",
    "东部",
    "西部",
    "南部",
    "北部",
    "旅游度假区",
    "新天地",
    "公园",
    "广场",
    "机场",
    "车站",
    "酒店",
    "学校",
    "医院",
    "本市",
    "本省",
    "本县",
    "全市",
    "全省",
    "该市",
    "该省",
    "该县",
    "某市",
    "某地",
    "当地",
    "各地",
    "外地",
    "内地",
    "工地",
];
/// Beginnings of a number of places.
const COUNTING: [char; 10] = ['两', '三', '四', '五', '六', '七', '八', '几', '各', '诸'];

/// Countries and provinces with which organisations' names begin.
const PLACES: &[&str] = &[
    "中国",
    "美国",
    "英国",
    "法国",
    "德国",
    "日本",
    "韩国",
    "朝鲜",
    "俄罗斯",
    "意大利",
    "西班牙",
    "葡萄牙",
    "荷兰",
    "比利时",
    "瑞士",
    "瑞典",
    "挪威",
    "丹麦",
    "芬兰",
    "波兰",
    "奥地利",
    "希腊",
    "土耳其",
    "以色列",
    "伊朗",
    "伊拉克",
    "埃及",
    "南非",
    "印度",
    "巴基斯坦",
    "泰国",
    "越南",
    "马来西亚",
    "新加坡",
    "印度尼西亚",
    "菲律宾",
    "澳大利亚",
    "新西兰",
    "加拿大",
    "墨西哥",
    "巴西",
    "阿根廷",
    "智利",
    "古巴",
    "北京",
    "上海",
    "天津",
    "重庆",
    "河北",
    "山西",
    "辽宁",
    "吉林",
    "黑龙江",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "海南",
    "四川",
    "贵州",
    "云南",
    "陕西",
    "甘肃",
    "青海",
    "台湾",
    "内蒙古",
    "广西",
    "西藏",
    "宁夏",
    "新疆",
    "香港",
    "澳门",
    "广州",
    "深圳",
    "南京",
    "杭州",
    "成都",
    "武汉",
    "西安",
    "郑州",
    "沈阳",
    "大连",
    "青岛",
    "厦门",
    "苏州",
    "济南",
    "长沙",
    "哈尔滨",
    "牡丹江",
];
