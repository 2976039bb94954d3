//! Words by which `han` tells names from others. Each list is words between blanks.

/// Nouns of things that are made and sold, and that say nothing of a person: the name before them is a brand.
pub(super) const PRODUCTS: &str = "菜刀 剪刀 刀具 跑鞋 球鞋 篮球鞋 板鞋 运动鞋 豆浆机 风味 辣酱 调料 调味 凉茶 月饼 烤鸭 瓜子 \
牙膏 口红 香水 化妆品 服饰 男装 女装 珠宝 旗舰店 专卖店 同款 联名 系列 品牌";

/// Brands that are, or look like, a person's name.
pub(super) const BRANDS: &str = "李宁 张小泉 王守义 王老吉 王致和 王麻子 李锦记 陈克明 陈李济 周大福 周大生 周生生 \
周黑鸭 周六福 谢瑞麟 老凤祥 马应龙 吴裕泰 张一元 谢馥春 胡庆余堂 徐福记 杨国福 \
张君雅 白象 福特 丰田 本田 奔驰 宝马 特斯拉 法拉利 保时捷 马自达 \
戴尔 惠普 西门子 飞利浦 博世 索尼 松下 迪奥 香奈儿 爱马仕 阿玛尼 范思哲 古驰 \
普拉达 欧莱雅 雅诗兰黛 兰蔻 强生 吉列 高露洁 麦当劳 肯德基 安踏 康师傅 娃哈哈 \
雷蛇 罗技";

/// What only a person does or is called, right behind the name.
pub(super) const PERSONAL: &str =
    "说 表示 认为 称 告诉 先生 女士 小姐 老师 同学 经理 医生 教授 总裁 本人";

/// What makes an organisation's name that of a building.
pub(super) const BUILDINGS: &str = "博物馆 展览馆 美术馆 纪念馆 艺术馆 图书馆 体育馆 酒店 饭店 宾馆 会展中心 公园 \
广场 机场 车站 火车站 大厦 动物园 植物园 体育场 球场 剧院 教堂 寺 码头";

/// Titles that are taken for the beginning of a name.
pub(super) const TITLES_BEFORE: &str = "王储 总统 总理 首相 国王 女王 教皇 记者 教练 队长";

/// Bodies that are called after the place alone.
pub(super) const PLACE_BODIES: &str = "政府 当局 军方 警方 方面 队 人";

/// What is called a place of no name.
pub(super) const GENERIC: &str = "大城市 城市 老城区 城区 市区 郊区 远郊县 沿河 国家图书馆 图书馆 大图书馆 博物馆 \
联邦政府 北方 南方 东部 西部 南部 北部 旅游度假区 新天地 公园 广场 机场 车站 \
酒店 学校 医院 本市 本省 本县 全市 全省 该市 该省 该县 某市 某地 当地 各地 \
外地 内地 工地";

/// Countries and provinces with which organisations' names begin.
pub(super) const PLACES: &str = "中国 美国 英国 法国 德国 日本 韩国 朝鲜 俄罗斯 意大利 西班牙 葡萄牙 荷兰 比利时 \
瑞士 瑞典 挪威 丹麦 芬兰 波兰 奥地利 希腊 土耳其 以色列 伊朗 伊拉克 埃及 南非 \
印度 巴基斯坦 泰国 越南 马来西亚 新加坡 印度尼西亚 菲律宾 澳大利亚 新西兰 加拿大 \
墨西哥 巴西 阿根廷 智利 古巴 北京 上海 天津 重庆 河北 山西 辽宁 吉林 黑龙江 \
江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 \
甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门 广州 深圳 南京 杭州 成都 \
武汉 西安 郑州 沈阳 大连 青岛 厦门 苏州 济南 长沙 哈尔滨 牡丹江";

/// Countries and provinces in one character.
pub(super) const ABBREVIATED: &str = "中美英法德日俄韩朝印巴以澳加亚欧非京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤琼川蜀黔滇陕甘青台蒙桂藏宁新港";

/// Beginnings of a number of places.
pub(super) const COUNTING: [char; 10] =
    ['两', '三', '四', '五', '六', '七', '八', '几', '各', '诸'];

/// The words of a list.
pub(super) fn words(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(' ')
}
