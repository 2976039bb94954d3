//! Postal addresses of both languages, and what only looks like one.

use super::{assert_finds, detector, found};
use crate::detect::Hint;

#[test]
fn chinese_addresses_reach_from_the_province_to_the_room() {
    assert_finds(
        "ADDRESS",
        &[
            "寄到⟦江苏省苏州市虎丘区科技城锦峰路158号101幢3楼⟧",
            "我住在⟦杭州市余杭区良渚街道古墩路1899号紫荆苑7幢2单元1103室⟧，周末在家",
            "地址：⟦青石县白杨镇柳树村3组12号⟧",
            "⟦上海市静安区万春街88弄6号402室⟧有人",
            "请送到⟦北京市朝阳区光华路甲8号和乔大厦B座1203⟧",
            "公司位于⟦深圳市南山区科苑南路3099号⟧",
            "{\"addr\":\"⟦湖南省长沙市天心区书院路9号保利花园12栋⟧\"}",
        ],
    );
    for text in [
        "2号线换乘10号线",
        "第3号文件第5条",
        "5月12号下午3点",
        "请看第2层缓存",
        "会议室在3楼",
        "共有12户受灾",
        "房号待定",
    ] {
        assert!(
            found(text).iter().all(|(kind, _)| *kind != "ADDRESS"),
            "{text}: {:?}",
            found(text)
        );
    }
}

#[test]
fn a_district_alone_is_a_place() {
    let findings = detector().scan("他在浙江省宁波市工作", Hint::default());
    let kinds: Vec<_> = findings.iter().map(|f| f.entity.as_str()).collect();
    assert_eq!(kinds, ["PLACE", "PLACE"]);
}

#[test]
fn western_addresses() {
    assert_finds(
        "ADDRESS",
        &[
            "Ship it to ⟦4821 N. Juniper Hollow Rd, Suite 210, Boise, ID 83702-1144⟧ please",
            "She lives at ⟦17 Foxglove Terrace, Leeds LS6 2AB⟧.",
            "⟦350 5th Avenue, New York, NY 10118⟧",
            "Mail: ⟦P.O. Box 1187, Albany, NY 12207⟧",
            "zip code ⟦94105⟧",
        ],
    );
    for text in [
        "10 Ways to Drive Sales",
        "Wall Street fell in 2024",
        "the 3 Court rulings",
    ] {
        assert!(
            found(text).iter().all(|(kind, _)| *kind != "ADDRESS"),
            "{text}: {:?}",
            found(text)
        );
    }
}
