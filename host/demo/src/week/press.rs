//! The two feeds: what the press writes about the makers, and a blog about city life.

use isocial_model::Instant;

use super::{Article, Subject, Tongue, Week, dice::Dice};

/// Title, summary, and the summary after its correction.
type Text = (&'static str, &'static str, Option<&'static str>);

const RECALL: [(Tongue, Text); 8] = [
    (
        Tongue::English,
        (
            "Ryndola recalls the Breeze 2 over battery fires",
            "The scooter maker asks owners to stop charging the Breeze 2 at once. Several batteries overheated; nobody was hurt.",
            Some(
                "The scooter maker asks owners to stop charging the Breeze 2 at once. Three batteries overheated; nobody was hurt. An earlier version gave no number.",
            ),
        ),
    ),
    (
        Tongue::Vietnamese,
        (
            "Ryndola thu hồi Breeze 2 vì nguy cơ cháy pin",
            "Hãng xe điện đề nghị chủ xe ngừng sạc Breeze 2 ngay lập tức. Một số pin bị quá nhiệt, không có ai bị thương.",
            None,
        ),
    ),
    (
        Tongue::English,
        (
            "What owners of a Ryndola Breeze 2 should do now",
            "Find the serial number under the deck, do not charge the scooter, and keep it outside until the shop has checked it.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        (
            "Chủ xe Ryndola Breeze 2 cần làm gì lúc này?",
            "Tìm số khung dưới sàn xe, không sạc, để xe ngoài trời cho tới khi cửa hàng kiểm tra xong.",
            None,
        ),
    ),
    (
        Tongue::English,
        (
            "Anger grows as Ryndola's recall line breaks down",
            "Callers waited for more than an hour and were cut off. Customers call the handling of the recall shameful.",
            Some(
                "Callers waited for more than an hour and were cut off. Customers call the handling of the recall shameful. Ryndola has since apologised and doubled its staff on the phones.",
            ),
        ),
    ),
    (
        Tongue::English,
        (
            "Ryndola apologises and promises refunds",
            "The company will pay back the full price of every recalled scooter. The first payments are to arrive within a week.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        (
            "Ryndola xin lỗi và hứa hoàn tiền toàn bộ",
            "Công ty cho biết sẽ hoàn lại toàn bộ giá mua của mỗi chiếc xe bị thu hồi, đợt đầu trong vòng một tuần.",
            None,
        ),
    ),
    (
        Tongue::English,
        (
            "Landlords ban Ryndola scooters from stairwells",
            "After the recall several housing companies forbid storing the scooters indoors. A tenants' group calls that excessive.",
            None,
        ),
    ),
];

const ORDINARY: [(Tongue, Subject, Text); 16] = [
    (
        Tongue::English,
        Subject::Brand,
        (
            "Long-term test: a thousand kilometres on the Ryndola Metro",
            "Comfortable, quiet and well made: after one thousand kilometres our testers only complain about the bell.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        Subject::Brand,
        (
            "Chạy thử Ryndola Metro: êm và bền",
            "Sau một nghìn cây số, chiếc xe vẫn êm, pin ổn định, điểm trừ duy nhất là cái chuông.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Brand,
        (
            "Ryndola opens a second workshop at Station Square",
            "The workshop repairs all models and sells spare parts over the counter from next month.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        Subject::Brand,
        (
            "Ryndola mở xưởng dịch vụ thứ hai",
            "Xưởng mới nhận sửa mọi dòng xe và bán phụ tùng lẻ từ tháng sau.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Brand,
        (
            "Ryndola and Voltekka bid for the city's shared scooters",
            "Two makers remain in the tender. The council decides in the autumn.",
            Some(
                "Two makers remain in the tender. The council decides in the winter, not in the autumn as we first wrote.",
            ),
        ),
    ),
    (
        Tongue::English,
        Subject::Brand,
        (
            "Ryndola reports higher sales and thinner margins",
            "The maker sold a fifth more scooters than last year while the price of batteries rose.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        Subject::Brand,
        (
            "Ryndola tăng doanh số, lợi nhuận giảm nhẹ",
            "Hãng bán được nhiều hơn năm ngoái một phần năm, trong khi giá pin tăng.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Competitor,
        (
            "Voltekka shows a folding scooter of eleven kilos",
            "The Arc is to be the lightest scooter of its class. It goes on sale in spring.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        Subject::Competitor,
        (
            "Voltekka giới thiệu xe gấp nặng mười một ký",
            "Arc được cho là chiếc xe nhẹ nhất phân khúc, bán ra vào mùa xuân.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Competitor,
        (
            "Pedrimo delays the Tour again",
            "Suppliers could not deliver the motor in time. Customers who ordered may cancel without a fee.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        Subject::Competitor,
        (
            "Pedrimo lại hoãn giao dòng Tour",
            "Nhà cung cấp chưa giao kịp động cơ. Khách đã đặt có thể hủy không mất phí.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Noise,
        (
            "Twelve new cycle lanes until next summer",
            "The council has agreed on the plan. Work begins at Mill Lane.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        Subject::Noise,
        (
            "Thêm mười hai làn xe đạp trước mùa hè tới",
            "Hội đồng thành phố đã thông qua kế hoạch, khởi công ở phố Xưởng.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Noise,
        (
            "Tram line 4 gets new carriages",
            "The first carriage has arrived. It has room for prams, wheelchairs and scooters.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Noise,
        (
            "River path closed after high water",
            "The path between North Bridge and the market hall stays closed until Friday.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        Subject::Noise,
        (
            "Đóng lối đi ven sông vì nước lên",
            "Đoạn từ cầu Bắc tới chợ cũ đóng tới hết thứ Sáu.",
            None,
        ),
    ),
];

/// In the order of the week: the two about the recall come after it.
const BLOG: [(Tongue, Subject, Text); 9] = [
    (
        Tongue::English,
        Subject::Brand,
        (
            "Forty days with a Ryndola Hop S",
            "I wanted to dislike it. I failed: it is small, cheerful and reliable.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Noise,
        (
            "Five ways to the market hall",
            "All of them beautiful, one of them flat.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        Subject::Noise,
        (
            "Một buổi sáng ở chợ cũ",
            "Mận, bún và tiếng rao: ghi lại vài điều trước khi quên.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Competitor,
        (
            "Why I sold my Voltekka",
            "A good scooter with a bad app is a bad scooter.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Noise,
        (
            "Rain gear that is not ugly",
            "It exists. It is not cheap.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        Subject::Noise,
        (
            "Cà phê và làn xe đạp",
            "Ba quán nhỏ mà bạn chỉ gặp khi đi chậm.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Noise,
        (
            "The quiet hour",
            "Between five and six the city belongs to bakers, foxes and us.",
            None,
        ),
    ),
    (
        Tongue::Vietnamese,
        Subject::Brand,
        (
            "Đổi Ryndola Breeze 2: chuyện của mình",
            "Gọi chín mươi phút, bị ngắt máy hai lần, cuối cùng cũng đổi được xe.",
            None,
        ),
    ),
    (
        Tongue::English,
        Subject::Brand,
        (
            "A letter to Ryndola",
            "You made the best scooter that I ever rode, and then you let the phone ring. I am angry, because I cared.",
            Some(
                "You made the best scooter that I ever rode, and then you let the phone ring. I am angry, because I cared. (They have called me since.)",
            ),
        ),
    ),
];

const BYLINES: [&str; 4] = [
    "Edda Brackwater",
    "Perrin Oatcroft",
    "Sen Bên Sông",
    "Runa Kettleby",
];

/// Draws the press feed: the ordinary articles over the week, those about the recall from its first half hour on.
pub(super) fn press(dice: &mut Dice, start: Instant, crisis: (Instant, Instant)) -> Vec<Article> {
    let mut articles = spread(dice, start, "riverpost.example", &ORDINARY);
    for (index, (tongue, text)) in RECALL.iter().enumerate() {
        let after = 30 + index as i64 * 75 + dice.below(40) as i64;
        let published = crisis.0.plus_ms(after * Instant::MINUTE_MS);
        articles.push(article(
            dice,
            "riverpost.example",
            *tongue,
            Subject::Brand,
            *text,
            published,
        ));
    }
    articles.sort_by_key(|article| article.published);
    articles
}

/// Draws the blog: something about every eighteen hours.
pub(super) fn blog(dice: &mut Dice, start: Instant) -> Vec<Article> {
    spread(dice, start, "slowwheels.example", &BLOG)
}

fn spread(
    dice: &mut Dice,
    start: Instant,
    site: &str,
    texts: &[(Tongue, Subject, Text)],
) -> Vec<Article> {
    let step = 7 * Instant::DAY_MS / texts.len().max(1) as i64;
    let mut articles = Vec::with_capacity(texts.len() + RECALL.len());
    for (index, (tongue, subject, text)) in texts.iter().enumerate() {
        let within = dice.below(step as usize) as i64;
        let published = start.plus_ms(index as i64 * step + within).floor(1_000);
        articles.push(article(dice, site, *tongue, *subject, *text, published));
    }
    articles
}

fn article(
    dice: &mut Dice,
    site: &str,
    tongue: Tongue,
    subject: Subject,
    text: Text,
    published: Instant,
) -> Article {
    let (title, summary, corrected) = text;
    let number = published.as_millis() / 1_000;
    Article {
        id: format!("tag:{site},{}:{number}", Week::FEED_YEAR),
        url: format!("https://{site}/{number}"),
        title: title.to_owned(),
        summary: summary.to_owned(),
        corrected: corrected.map(str::to_owned),
        byline: dice.pick(&BYLINES).to_owned(),
        tongue,
        published: published.floor(1_000),
        subject,
    }
}
