//! The words that `sift` and `postal` know, in lower case.

use foldhash::HashSet;
use std::sync::OnceLock;

/// A list of words, made a set when it is first asked.
pub(super) struct Words {
    text: &'static str,
    set: OnceLock<HashSet<&'static str>>,
}

impl Words {
    const fn new(text: &'static str) -> Self {
        Self {
            text,
            set: OnceLock::new(),
        }
    }

    /// Whether a word, in lower case, is one of them.
    pub(super) fn has(&self, word: &str) -> bool {
        let set = self
            .set
            .get_or_init(|| self.text.split_ascii_whitespace().collect());
        set.contains(word)
    }
}

/// Words that the model takes for people, streets or towns, in lower case.
pub(super) static PLAIN: Words = Words::new(
    "\
a about above account accounts admin advert after again agent ahead album alert all also am amount an and animal announces answer any anybody anyone \
api app apps are artist as ask asleep at author autumn award awesome baby back backup bad badge bank bash battery be because been before bill binary \
birthday bit blog body book bookings boss both box boy branch bro brother browser bug build bump but buy by bye byte cache call caller can card care \
case cat cause cell change channel chapter chat check chief child children chunk chunks cinema class click client clip cloud club coach code coffee \
column come comment commit company compile computer concert config contact container contract copy could country court crash cup curl customer cute \
dad daemon daily data database date daughter day days dear death debug default delete department deploy desk dev did disk do doc docker docs doctor \
doctors dog domain done down draft driver drop dude during each early earth eat edit editor either else email employee empty end enemies enemy engine \
enter error errors even event ever every everybody everyone example executive exit export extra face fact fail failed false family fan fans father fd \
feature field figure file files film final find first fix flag flew flight floor flow folder follow food for form format found founder free friday \
friend friends from front full fun function game garbage gate get getpass girl git give given go god goes good goodbye got grade great group guest \
guide guy guys had hair half handler happy has hash hate have he head header heap hear heart heavy helicopter hello help her here hero hers hey hi \
high him his history hit hoax home honey host hotel hour house how http https i icon id idea idiot if image import in index info inode input install \
int intern internet into invoice is issue it item its job join joy json judge july june jury just keep kernel key kid kids kill killer killers king \
kitchen know label lady land language last late latest law lead leader learn left legal let letter level library life like limerick limit line link \
linux list little live load local location lock log login logs lol long look lord lost love lunch mail main make mama man manager many march match \
matter may maybe me mean media meeting member memory men menu merge message method mhz middle might mind minute miss mobile mode model module mom \
moment monday money month moon more morning most mother move movie movies much mum music must my name names need network never new news next nginx \
nice night no nobody node none noon nor not note nothing notice november now null number nurse object october of off offer office officer offset ok \
old on once one online only open option or order orders other our out output over owner package page pain panic paper parent parents parser partner \
party password past patch path patient patients pay payment people person phone photo photos pipeline place plan player please plot plus poet point \
police policy pool poor pop port position post power prayer president press prince princess print private probably process producer product profile \
program project prompt protocol proxy public pull purse push put python queen query question queue quick quiet quiz quote rain random rank rate raw \
read reader ready real reason record red redis reference region release remix remove rent reply report repository request reset resource response rest \
restart result return review right river road robot role room root rose round route row run runtime sale sales same save say says scan schema school \
score scratch screen script search season seat second secret secretary section see select self send senior sent september seq sequence series server \
servers service session set she sheet ship shop short shout shouted show sign silly simple since singer single sir sister site size sleep slow small \
smart snow so social soldier some someone son song songs songwriter soon sorry sound source space spam speaker special spring sql ssh staff stage star \
start state status step stock stop store story stream street string student students studio style subject subscriber sugar summary summer sun sunday \
super support sure suspect sweetie switch system table tag take talk target task tax tea teacher team tech tell temp tenant tennis test text than \
thank thanks that the their them then there these they thing things think this those thread three thursday ticket time title to today together token \
tomorrow tonight too tool top torque total touch town track train transfer tree trip true try tuesday tv two type uid uncle under unit until up update \
upload us usage usb use user users value van variable very via video view virus visit visitor voice wait wake walk wall want war was watch water way \
we weather web website wedding week weight welcome well were what when where which while white who whole whose why wife will win window winner winter \
with within without woman women wonder word words work worker works world would write writer writing wrong year years yes yesterday yet you young your \
yours youth zero zombie zone",
);

/// Programs, languages, products and brands that bear a person's name.
pub(super) static PRODUCTS: Words = Words::new(
    "\
ada adele alexa angular apache astra atlas aurora avro azure babel bard beam bert bing bower burp cassandra celery chanel claude clojure cortana \
cypher dart debian delphi denver dior django dolly elixir eliza elmo eric erlang euler ferrari flutter ford galaxy gatsby gemini gitlab glaedr go \
grace gradle grafana gucci hadoop hana haskell hermes hilton hugo idris ivy jackson jaeger jake jasmine jasper java jax jenkins jersey jest jira john \
joomla jordan julia jupiter jupyter kafka karma keras kibana kotlin kubernetes lambda lisp llama lua lucene marlin marriott matplotlib maven maya \
mercedes mercury mistral mocha mongo mustang nagios nagle nessie nessus netty nike nissan node nova oracle pandas pascal perl phoenix postman prada \
prolog puppet pypi python pytorch qwen rails ralph react redis rex ruby rust sage salesforce sam samba scala selenium sentry siri snowflake sonar \
spark spring stripe swift tableau tensorflow terraform tesla thor tiktok titan travis trello tyk ubuntu umbra uno vagrant vera viper visa vue watson \
wendy whisper xavier yahoo yara zara zeppelin zookeeper zoom",
);

/// Words that say that a program or a product is spoken of.
pub(super) static TECHNICAL: Words = Words::new(
    "\
api app binary browser bug build class cli cluster code coding commit compile compiler compilers config container cpu daemon database debug deploy \
deployment docker faster framework function gc gpu implementation install instance java json kernel language languages library linux macro matrix \
memory module node npm package parser pip pipeline plugin plugins program programming python query regex release repo rust sdk server slower software \
sql syntax test tests thread threads tool type typed upgrade version yaml",
);

/// What is numbered and no house, and brands whose models have numbers, in lower case.
pub(super) static THINGS: Words = Words::new(
    "\
airbus android apollo appendix april article audi august bmw boeing bug case category chapter class clause december dell episode equation exhibit \
february fedora fig figure firefox flight formula galaxy grade group honda hp inode intel ipad iphone item january july june kernel lenovo level line \
march may mazda model mozilla node note november october page part phase pixel player port post question release samsung season section sep september \
sony step subaru table task team test ticket topic toyota ubuntu version vol volume week windows xbox",
);

/// What a street may be called, in lower case.
pub(super) static STREETS: Words = Words::new(
    "\
alley apt ave avenida avenue blvd boulevard box calle circle close court crescent ct dr drive flat floor gade gasse gata gatan highway hwy katu laan \
lane ln parkway piazza pkwy pl place platz plein po pobox quay rd road row rua rue square squares st straat strasse straße street suite ter terrace \
tie trail ul ulica unit utca vej via viale vägen way weg",
);
