-- The database of the first version, with one tenant and one order (.dump).
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO "_sqlx_migrations" VALUES(1,'foundation','2026-11-28 09:02:32',1,X'51BC9982A1286B6400D3F6266C9C9A93213A9ED7058B46DCBD1BBAE0EA7DFFD0B22F229B087BDF4F160E9A9166F85275',13394937);
INSERT INTO "_sqlx_migrations" VALUES(10,'people','2026-11-28 09:02:32',1,X'0171362A9EA646FDDB731E5B838BF27AB261FA61AB90F49D2106F4FD8771EE089C73FCA4701FC7C967C0BC122A920191',28124478);
INSERT INTO "_sqlx_migrations" VALUES(20,'clients','2026-11-28 09:02:32',1,X'C96E73D327C7767F975577447DD86A066498544B98FAB4A25959D630F75718276E54EEC378A0446707ED32F34EF42C37',14546757);
INSERT INTO "_sqlx_migrations" VALUES(30,'partners','2026-11-28 09:02:32',1,X'86908508D0C653BBAABA60B8AD0619DFB438622F460E687CA2181CFD0CFE223AA6DAF871507AB53B5778B4269C5D0F86',44835365);
INSERT INTO "_sqlx_migrations" VALUES(40,'catalogue','2026-11-28 09:02:32',1,X'1D7E515DB087187F5EAE61CAB2FF261C90E71FC1281B0138FBB366931411108821A1AEA902EC46F1E6586F62FCDB1F8C',9111953);
INSERT INTO "_sqlx_migrations" VALUES(50,'orders','2026-11-28 09:02:32',1,X'2CB757980E0C22E0570F301A0612B37D6A55275EE945571431C5327EE01D79BD92B932447C6E881A1B3BB5B4A33674D6',12722104);
INSERT INTO "_sqlx_migrations" VALUES(60,'licences','2026-11-28 09:02:32',1,X'E1586CFFEDB32CE5DDC50741C9094E98DA50E2CCD68131514F2DFEFD9718D29B748620E54A6B7FB65F257B2510251F77',15770694);
INSERT INTO "_sqlx_migrations" VALUES(70,'ledger','2026-11-28 09:02:32',1,X'2779E83E99B68FA065581F6C51A3952A494176A8946964BC999D269168DFD0DED756C097E3C86E2CFA6E7967D547CEDF',15811650);
INSERT INTO "_sqlx_migrations" VALUES(80,'collaborators','2026-11-28 09:02:32',1,X'8ACE4AED302802525B1C7D4394A78358F1FB13EAEF6FF9AE32E1F6D6D7DCE219A7EF2ACE4DA96595F7D262F8AC0A4D73',8476732);
INSERT INTO "_sqlx_migrations" VALUES(85,'mail','2026-11-28 09:02:32',1,X'422501435C0D41DA6EE0C73AC37142DB450D36F7A5C1D1D54E712A26EA02968EDECAD79BAD5342F473C897F3688AB8AD',11806407);
INSERT INTO "_sqlx_migrations" VALUES(90,'messages','2026-11-28 09:02:32',1,X'91B7A6AD8764E34EBB78523AE167019C3223FD198FB85C6902B863A31D5EACDC66B5DD3C71DB15CDD2C39E1EF738E5E1',11929388);
INSERT INTO "_sqlx_migrations" VALUES(100,'webhooks','2026-11-28 09:02:32',1,X'49DDDFCDFE3E95EDB3D08998E2C5E7D420CD87F53CDD2DD8299F5EDE9E46F1837519598587A15657AE7C34C4BFBEE2BD',14019158);
INSERT INTO "_sqlx_migrations" VALUES(110,'search','2026-11-28 09:02:32',1,X'A39A16FC65A75DD2AE69B779DA113CC821C57F6E774F08A2AA86E4F5C10304FEF26D1CC6D2E566EA79B54F5A18156FB5',8104883);
INSERT INTO "_sqlx_migrations" VALUES(120,'places','2026-11-28 09:02:32',1,X'F226F7CDC063A3F6C08C9C2D869638AE20C346C6A6D3E534BB146ABD9FB23786972D8ED74DD49B2F15A81BA9C649FA9C',10217646);
INSERT INTO "_sqlx_migrations" VALUES(121,'ending','2026-11-28 09:02:32',1,X'1EF05BB8DD11464D7ECE9E52DEE957029FDB103367C66EB46E0815B6C3D30FA6A68E5FA57B8D25E34AF32320E1D53129',13476620);
INSERT INTO "_sqlx_migrations" VALUES(122,'support attachments','2026-11-28 09:02:32',1,X'0C4B2A69D0C021AD9F208F42C1A1ACA55073E9368A42EC07E1901601BA95FE37B49AD7FC124A04122520A617BACA1F1E',7810732);
INSERT INTO "_sqlx_migrations" VALUES(130,'client licences','2026-11-28 09:02:32',1,X'A8631DDD0FB1B85FED8A98D3832C1A6F4CD79ECF784EC3AF0BE4C8B44EF5FA822065CADCC0A095709317069327EB67D7',11876258);
INSERT INTO "_sqlx_migrations" VALUES(140,'mail secret','2026-11-28 09:02:32',1,X'92A66393A3771E812EDDF6F94F7BF4D4A2FE57ED1B70334B19F8E551A4169C5A9CAAFD0B034D0A5D23DE7C456B6BE662',12587392);
CREATE TABLE account_manager (
    id text not null primary key,
    name text not null,
    email text not null,
    phone text,
    -- Another way to reach them, in words: a messenger and a name there.
    other text,
    created_ms bigint not null,
    -- From when on they look after nobody.
    removed_ms bigint
);
INSERT INTO "account_manager" VALUES('amg_01m8gp8ckyfbzsrte82sjjpd8g','Camille','camille@marque.example',NULL,NULL,1795856544382,NULL);
CREATE TABLE acme_account (
    directory text not null primary key,
    credentials blob not null,
    created_ms bigint not null
);
CREATE TABLE activation (
    id text not null primary key,
    -- The licence that counts now: it moves when one licence follows another.
    licence_id text not null references licence (id),
    tenant_id text not null references tenant (id),
    partner_id text not null references partner (id),
    application_id text not null references application (id),
    -- What names the device or the installation.
    fingerprint text not null,
    name text,
    -- installation or oem.
    how text not null,
    activated_ms bigint not null,
    deactivated_ms bigint
);
CREATE TABLE api_token (
    id text not null primary key,
    name text not null,
    -- operator, edge, partner:ID or application:ID.
    principal text not null,
    -- Scopes, one space between.
    scopes text not null,
    -- SHA-256 of the token's text, hexadecimal.
    hash text not null unique,
    created_ms bigint not null,
    expires_ms bigint,
    revoked_ms bigint
, networks text not null default '', tenants text not null default '', not_before_ms bigint, mode text not null default 'live', rolled_to text);
INSERT INTO "api_token" VALUES('tok_01m8gp8batf40897yhwsfv7xcs','first-operator','operator','partners:read partners:write members:read members:write users:read users:write clients:read clients:write applications:read applications:write tenants:read tenants:write domains:read domains:write white_label:read white_label:write retail:read retail:write catalog:read catalog:write prices:read prices:write promos:read promos:write orders:read orders:write licences:read licences:write activations:read activations:write collaborators:read collaborators:write consents:read consents:write balance:read balance:write support:read support:write search:read audit:read webhooks:read webhooks:write tokens:read tokens:write tenants:bind orders:void licences:activate_oem ledger:adjust','469e827ce09d3674f5c16ddcf069f03b68663229d3fc3ce21bb0f12b481f3373',1795856543066,NULL,NULL,'','',NULL,'live',NULL);
INSERT INTO "api_token" VALUES('tok_01m8gp8bdxfndrj555sxb0mmeg','edge-1','edge','edge:sync','4da2b873cec32f3a9df317546cc2ec23d95a997eea0110c01ad74e157bcbcc5c',1795856543165,NULL,NULL,'','',NULL,'live',NULL);
INSERT INTO "api_token" VALUES('tok_01m8gp8dk5enmt57xe4kdrb3ej','shop','partner:ptr_01m8gp8cgvfhdbcnsqgdfehbkb','clients:read clients:write tenants:read orders:read orders:write licences:read licences:write balance:read search:read orders:void','3dcc40e7f98169057923938d6839a0b8d0218a285408533fa6173177785d135c',1795856545381,1827478945381,NULL,'','',NULL,'live',NULL);
INSERT INTO "api_token" VALUES('tok_01m8gp8dw2f2r9dba2vtx0h1gb','till','application:app_01m8gp8ceeeatrwdqvzpx1q0x6','tenants:read activations:read activations:write support:write','926e2ce609b7b87cb24d1b29d678339635eaad67bb8eeb1f4d8814b64261945b',1795856545666,1827478945666,NULL,'','',NULL,'live',NULL);
CREATE TABLE app_user (
    id text not null primary key,
    -- One person, one address: this form is compared, the other shown and written to.
    email_compared text not null unique,
    email_written text not null,
    name text not null,
    -- en or fr.
    language text not null,
    -- invited, active, locked or deactivated.
    state text not null,
    -- Argon2id with its parameters and salt, as a PHC string; none until the first invitation is accepted.
    password_hash text,
    -- The second factor's secret, sealed; it counts once a code of it was shown.
    totp_sealed blob,
    totp_since_ms bigint,
    -- The step of the last code that was taken: none is taken twice.
    totp_step bigint not null default 0,
    created_ms bigint not null
);
CREATE TABLE application (
    id text not null primary key,
    name text not null unique,
    policy text not null,
    created_ms bigint not null
);
INSERT INTO "application" VALUES('app_01m8gp8ceeeatrwdqvzpx1q0x6','till','{"upstreams":["http://127.0.0.1:9"],"health_path":null,"own_hosts":[],"public_https_port":443,"websocket":false,"selectors":[{"path":"/accounts/{account}"},{"query":"account"}],"session_cookies":["till"],"logins":[{"path":"/login","request":[],"answer":[{"header":"x-account"}]}]}',1795856544206);
CREATE TABLE assignment (
    id text not null primary key,
    partner_id text not null references partner (id),
    member_id text not null references member (id),
    tenant_id text not null references tenant (id),
    role text not null,
    -- pending_consent, active, expired, revoked or removed.
    state text not null,
    consent_id text references consent (id),
    created_ms bigint not null,
    -- From when on there is access.
    since_ms bigint,
    -- When the access, or the wait for it, ends by itself.
    until_ms bigint,
    ended_ms bigint
);
CREATE TABLE audit_event (
    seq bigint not null primary key,
    id text not null unique,
    at_ms bigint not null,
    actor text not null,
    action text not null,
    object text not null,
    -- Whose object it is.
    partner_id text,
    tenant_id text,
    request_id text,
    ip text,
    detail text not null,
    prev_hash text not null,
    hash text not null
);
INSERT INTO "audit_event" VALUES(1,'aud_01m8gp8batfk5rvka8zhr01yg8',1795856543066,'command:admin token','token.created','tok_01m8gp8batf40897yhwsfv7xcs',NULL,NULL,NULL,NULL,'{"principal":"operator","scopes":["partners:read","partners:write","members:read","members:write","users:read","users:write","clients:read","clients:write","applications:read","applications:write","tenants:read","tenants:write","domains:read","domains:write","white_label:read","white_label:write","retail:read","retail:write","catalog:read","catalog:write","prices:read","prices:write","promos:read","promos:write","orders:read","orders:write","licences:read","licences:write","activations:read","activations:write","collaborators:read","collaborators:write","consents:read","consents:write","balance:read","balance:write","support:read","support:write","search:read","audit:read","webhooks:read","webhooks:write","tokens:read","tokens:write","tenants:bind","orders:void","licences:activate_oem","ledger:adjust"]}','','5fe78abb2ade2b77898a9706d21c9d25b52322b3001c76d91e944fd3974e74f7');
INSERT INTO "audit_event" VALUES(2,'aud_01m8gp8bdxe4jrcz83wjqz6326',1795856543165,'command:admin token','token.created','tok_01m8gp8bdxfndrj555sxb0mmeg',NULL,NULL,NULL,NULL,'{"principal":"edge","scopes":["edge:sync"]}','5fe78abb2ade2b77898a9706d21c9d25b52322b3001c76d91e944fd3974e74f7','dc0fa66ef50d74d1cf7df7ff0facfb1186e69b1c3cd6ea7d440cde7c11b1c36b');
INSERT INTO "audit_event" VALUES(3,'aud_01m8gp8ceeepqa53dj13061f03',1795856544206,'tok_01m8gp8batf40897yhwsfv7xcs','application.created','app_01m8gp8ceeeatrwdqvzpx1q0x6',NULL,NULL,'b7cc1aefaf3f94d576330603','127.0.0.1','{"name":"till"}','dc0fa66ef50d74d1cf7df7ff0facfb1186e69b1c3cd6ea7d440cde7c11b1c36b','9c85ace474fbea213e56daec5ee147b890c486cd886f7ce4a7f05d3734638943');
INSERT INTO "audit_event" VALUES(4,'aud_01m8gp8cgven0adkg4pzm5jevr',1795856544283,'tok_01m8gp8batf40897yhwsfv7xcs','partner.created','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'699861c283c8d2137f5b64bb','127.0.0.1','{"kind":"reseller","name":"Comptoir"}','9c85ace474fbea213e56daec5ee147b890c486cd886f7ce4a7f05d3734638943','04415fd1a5b17cc78183e339242ffadeadf39174664afbd73ebd7c6a71995cf2');
INSERT INTO "audit_event" VALUES(5,'aud_01m8gp8ckye2dt4mb79grpxskk',1795856544382,'tok_01m8gp8batf40897yhwsfv7xcs','account_manager.created','amg_01m8gp8ckyfbzsrte82sjjpd8g',NULL,NULL,'6b5e94a7cfb08c1a42a940bf','127.0.0.1','{"name":"Camille"}','04415fd1a5b17cc78183e339242ffadeadf39174664afbd73ebd7c6a71995cf2','9ef5550a842f6434241fa68e33ac6bd219cde6ee07833dad52070fc9f57eb6cb');
INSERT INTO "audit_event" VALUES(6,'aud_01m8gp8cp4eq4bcma7vbta68cv',1795856544452,'tok_01m8gp8batf40897yhwsfv7xcs','partner.approved','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'7fa5ca73de61fb7deb75dbb2','127.0.0.1','{"account_manager":"amg_01m8gp8ckyfbzsrte82sjjpd8g","legal":{"evidence":"extract of the register","registration":"RCS 1","status":"company"}}','9ef5550a842f6434241fa68e33ac6bd219cde6ee07833dad52070fc9f57eb6cb','670277dcf64874815ad685e14d2e7ffdad8057ccc6e98264896e79ebed2da998');
INSERT INTO "audit_event" VALUES(7,'aud_01m8gp8cp4fp78ksznkpxq1rvy',1795856544452,'tok_01m8gp8batf40897yhwsfv7xcs','tenant.created','ten_01m8gp8cp4fx2rxw8xeetfs6ca','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8cp4fx2rxw8xeetfs6ca','7fa5ca73de61fb7deb75dbb2','127.0.0.1','{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"business_free_partner","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}','670277dcf64874815ad685e14d2e7ffdad8057ccc6e98264896e79ebed2da998','676fc25f6924e4b456f33659fb3f7bfea1763192b60758ce4908b6b5ddd39ba6');
INSERT INTO "audit_event" VALUES(8,'aud_01m8gp8cp4efgbwzw65kh8xn21',1795856544452,'tok_01m8gp8batf40897yhwsfv7xcs','tenant.created','ten_01m8gp8cp4fxnr6c5djxkev2s1','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8cp4fxnr6c5djxkev2s1','7fa5ca73de61fb7deb75dbb2','127.0.0.1','{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"sandbox","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}','676fc25f6924e4b456f33659fb3f7bfea1763192b60758ce4908b6b5ddd39ba6','9457c210640990afadd6589cd8ed4b2bac847fc9cffd0daacc2d17aa73d2dff3');
INSERT INTO "audit_event" VALUES(9,'aud_01m8gp8cs9fbjt913gbjdwcngj',1795856544553,'tok_01m8gp8batf40897yhwsfv7xcs','product.created','prd_01m8gp8cs9ehjb7mf744pvycjj',NULL,NULL,'04453e516aec043dcef917ab','127.0.0.1','{"code":"till","name":"Cash register","state":"listed"}','9457c210640990afadd6589cd8ed4b2bac847fc9cffd0daacc2d17aa73d2dff3','be639fd9a8fe9d4995d942c7464daba570b278f0127d4ab0fc663fc173e43485');
INSERT INTO "audit_event" VALUES(10,'aud_01m8gp8cvhe27bag58qn553k30',1795856544625,'tok_01m8gp8batf40897yhwsfv7xcs','plan.created','pln_01m8gp8cvhfwsretfgde24cd45',NULL,NULL,'7521eaf3dbaecc946e340e31','127.0.0.1','{"at_suspension":"block","code":"Production","grace_days":14,"max_activations":2,"name":"Production","state":"listed","terms":[{"countries":null,"term":"monthly"},{"countries":null,"term":"yearly"}],"trial_days":14,"trial_extension_days":7}','be639fd9a8fe9d4995d942c7464daba570b278f0127d4ab0fc663fc173e43485','6ddf0de6d6ddf6fa541936a3c6018c7abf40b551f56b1b970d419ab406383a64');
INSERT INTO "audit_event" VALUES(11,'aud_01m8gp8cxqfrq9ttwhfc2k125k',1795856544695,'tok_01m8gp8batf40897yhwsfv7xcs','price_list.created','prl_01m8gp8cxqfaqb53xf1vxa2xch',NULL,NULL,'9aa1a6389838458f5d8b2682','127.0.0.1','{"countries":null,"currency":"EUR","name":"Europe","partners":null,"state":"open"}','6ddf0de6d6ddf6fa541936a3c6018c7abf40b551f56b1b970d419ab406383a64','4253fd8f0fd87db4b6b9756f5e80dec891fa644b4fa542ff513a55c58c921a58');
INSERT INTO "audit_event" VALUES(12,'aud_01m8gp8czkez98hjd8177erfge',1795856544755,'tok_01m8gp8batf40897yhwsfv7xcs','price_version.drafted','plv_01m8gp8czke90brhca4b650swx',NULL,NULL,'72d93b95f3482f4960c9d78e','127.0.0.1','{"effective_ms":null,"number":1,"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","state":"draft"}','4253fd8f0fd87db4b6b9756f5e80dec891fa644b4fa542ff513a55c58c921a58','a509d5b4eb49c5ca6f5b66876152c6210eb9926bb444a5cb9a1a0ed8e6c7f829');
INSERT INTO "audit_event" VALUES(13,'aud_01m8gp8d1tf0cr7jgbzrvs2hv8',1795856544826,'tok_01m8gp8batf40897yhwsfv7xcs','price_version.published','plv_01m8gp8czke90brhca4b650swx',NULL,NULL,'841a858044a7266ced48ddb7','127.0.0.1','{"effective_ms":1795856544826,"number":1,"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","state":"published"}','a509d5b4eb49c5ca6f5b66876152c6210eb9926bb444a5cb9a1a0ed8e6c7f829','077b8582398630e87ac512e8688638736403785aea3410798147bd81e82fcb55');
INSERT INTO "audit_event" VALUES(14,'aud_01m8gp8d3yezt9xzg2ew0b3m5p',1795856544894,'tok_01m8gp8batf40897yhwsfv7xcs','payment.recorded','pay_01m8gp8d3ye8ytgr89bzww73ha','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'7bc20aa582c416b7e56a701e','127.0.0.1','{"amount":{"amount":100000,"currency":"EUR"},"reference":"in advance"}','077b8582398630e87ac512e8688638736403785aea3410798147bd81e82fcb55','5833dd2c1b9cc78754c26349a5f2a02b84874bce6bc72d0a2e3f58227ea45af1');
INSERT INTO "audit_event" VALUES(15,'aud_01m8gp8d6ffxyaxdcgpecd1rxr',1795856544975,'tok_01m8gp8batf40897yhwsfv7xcs','tenant.created','ten_01m8gp8d6ff1zrktm3s4xwca97','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8d6ff1zrktm3s4xwca97','e0da8579b7c5c932335b7cb9','127.0.0.1','{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"client","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}','5833dd2c1b9cc78754c26349a5f2a02b84874bce6bc72d0a2e3f58227ea45af1','8affbe47ffb453be7d2977dc2194ff998abc3be427c010ec087b227cf4ac05c3');
INSERT INTO "audit_event" VALUES(16,'aud_01m8gp8d8sfr8shwqwz483w37r',1795856545049,'tok_01m8gp8batf40897yhwsfv7xcs','tenant.bound','ten_01m8gp8d6ff1zrktm3s4xwca97','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8d6ff1zrktm3s4xwca97','d8520a83ebf421929ef183ad','127.0.0.1','{"after":{"account":"fournil","state":"active","suspended_by":null},"before":{"account":null,"state":"provisioning","suspended_by":null},"reason":null}','8affbe47ffb453be7d2977dc2194ff998abc3be427c010ec087b227cf4ac05c3','9401e313ff8d01a3b2eadc498264b581a8be92d4407d0e1a86b1f3ae9a2d9c46');
INSERT INTO "audit_event" VALUES(17,'aud_01m8gp8db3f16v2gs6c03y4b9v',1795856545123,'tok_01m8gp8batf40897yhwsfv7xcs','domain.created','dom_01m8gp8db3faht6bq2aaev600k','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8d6ff1zrktm3s4xwca97','21ef7a8304b098590b6bf9dd','127.0.0.1','{"host":"d000000.bench.test","kind":"platform","tenant":"ten_01m8gp8d6ff1zrktm3s4xwca97"}','9401e313ff8d01a3b2eadc498264b581a8be92d4407d0e1a86b1f3ae9a2d9c46','f04e2298be8f12635d711b101c83402dbb9e63c51ba8806e700bd7d880d4fc80');
INSERT INTO "audit_event" VALUES(18,'aud_01m8gp8deke2gt20a2pjsq20ng',1795856545235,'tok_01m8gp8batf40897yhwsfv7xcs','domain.certificate_uploaded','dom_01m8gp8db3faht6bq2aaev600k','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8d6ff1zrktm3s4xwca97','9ad7e051a626ce42950a5590','127.0.0.1','{"hosts":["d000000.bench.test"],"not_after_ms":2082758400000}','f04e2298be8f12635d711b101c83402dbb9e63c51ba8806e700bd7d880d4fc80','e5c893e35d4e7035af20a77517fba984dfc5829e2721f192b4607d37a74b48ac');
INSERT INTO "audit_event" VALUES(19,'aud_01m8gp8dk5f12b7pnkparhv741',1795856545381,'tok_01m8gp8batf40897yhwsfv7xcs','token.created','tok_01m8gp8dk5enmt57xe4kdrb3ej','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'8536bf2dc011555b17496ba0','127.0.0.1','{"principal":"partner:ptr_01m8gp8cgvfhdbcnsqgdfehbkb","scopes":["clients:read","clients:write","tenants:read","orders:read","orders:write","licences:read","licences:write","balance:read","search:read","orders:void"]}','e5c893e35d4e7035af20a77517fba984dfc5829e2721f192b4607d37a74b48ac','dadb1c8b89463a23fddfbbb89ae5d13e1574e83c3a413e0db782fe6e77c7172c');
INSERT INTO "audit_event" VALUES(20,'aud_01m8gp8dnnfnb84ezv5zbzdmbz',1795856545461,'tok_01m8gp8dk5enmt57xe4kdrb3ej','client.created','cli_01m8gp8dnnfg4vakjkhkc4kdrq','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'211b8926e128fdc90a585175','127.0.0.1','{"country":"FR","rule_version":0}','dadb1c8b89463a23fddfbbb89ae5d13e1574e83c3a413e0db782fe6e77c7172c','34e3c5b1b531a4e8f432aa4d65f88ffd14f14c9d1f135a971d41a291ce3838ba');
INSERT INTO "audit_event" VALUES(21,'aud_01m8gp8dnneev9eq28ygc4dm37',1795856545461,'tok_01m8gp8dk5enmt57xe4kdrb3ej','tenant.created','ten_01m8gp8dnnepv9kc5h277psphm','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8dnnepv9kc5h277psphm','211b8926e128fdc90a585175','127.0.0.1','{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"client","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}','34e3c5b1b531a4e8f432aa4d65f88ffd14f14c9d1f135a971d41a291ce3838ba','e6ab25a317026ff872fd39b8c7be84460a8bf63cb0b8323623bebe01d36c6a62');
INSERT INTO "audit_event" VALUES(22,'aud_01m8gp8dnnepevsmbdmjt6smgb',1795856545461,'tok_01m8gp8dk5enmt57xe4kdrb3ej','licence.issued','lic_01m8gp8dnnej3br3hngbjjrbz4','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8dnnepv9kc5h277psphm','211b8926e128fdc90a585175','127.0.0.1','{"expires_ms":1798448545461,"kind":"paid","order":"ord_01m8gp8dnne9nr2sg93g5rmt6e","origin":"order","plan":"pln_01m8gp8cvhfwsretfgde24cd45","serial":"5XRT-Z8J2-K9DT-J11T","subscription":"sub_01m8gp8dnne4tradpmsk14tgwh","tenant":"ten_01m8gp8dnnepv9kc5h277psphm","term":"monthly"}','e6ab25a317026ff872fd39b8c7be84460a8bf63cb0b8323623bebe01d36c6a62','67a25b5409e513915f1de7428158cb2908e0efeb1a11a1a7e4f5bf8a202d923b');
INSERT INTO "audit_event" VALUES(23,'aud_01m8gp8dnne0xayhrzdpgxe4ze',1795856545461,'tok_01m8gp8dk5enmt57xe4kdrb3ej','order.placed','ord_01m8gp8dnne9nr2sg93g5rmt6e','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'211b8926e128fdc90a585175','127.0.0.1','{"charged":{"amount":4900,"currency":"EUR"},"client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","kind":"order","number":"2026-WE30-EZQW","replaces":null,"tenant":"ten_01m8gp8dnnepv9kc5h277psphm"}','67a25b5409e513915f1de7428158cb2908e0efeb1a11a1a7e4f5bf8a202d923b','394052edf3748915e889422dbb954f61b586103182499c60dcff9fc7d4d46a87');
INSERT INTO "audit_event" VALUES(24,'aud_01m8gp8dnnf12t8jtngzjb2hnf',1795856545461,'tok_01m8gp8dk5enmt57xe4kdrb3ej','order.fulfilled','ord_01m8gp8dnne9nr2sg93g5rmt6e','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'211b8926e128fdc90a585175','127.0.0.1','{"client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","kind":"order","licence":"lic_01m8gp8dnnej3br3hngbjjrbz4","number":"2026-WE30-EZQW","subscription":"sub_01m8gp8dnne4tradpmsk14tgwh","tenant":"ten_01m8gp8dnnepv9kc5h277psphm"}','394052edf3748915e889422dbb954f61b586103182499c60dcff9fc7d4d46a87','5770100d4e5a8c41a73fa2372707094958e4d8fff1c4721c3d3f1936a4b984c1');
INSERT INTO "audit_event" VALUES(25,'aud_01m8gp8dnnekba40ragv7t3qyn',1795856545461,'tok_01m8gp8dk5enmt57xe4kdrb3ej','client.changed','cli_01m8gp8dnnfg4vakjkhkc4kdrq','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'211b8926e128fdc90a585175','127.0.0.1','{"after":"customer","before":"prospect"}','5770100d4e5a8c41a73fa2372707094958e4d8fff1c4721c3d3f1936a4b984c1','cf31bdfcca82a8750e4b909523bb75aba39be2c9d8d1bf8f8b1bd94f7858184b');
INSERT INTO "audit_event" VALUES(26,'aud_01m8gp8dw2e1cs6ah85ydgdt1b',1795856545666,'tok_01m8gp8batf40897yhwsfv7xcs','token.created','tok_01m8gp8dw2f2r9dba2vtx0h1gb',NULL,NULL,'d75f406ba985ff08902d74bb','127.0.0.1','{"principal":"application:app_01m8gp8ceeeatrwdqvzpx1q0x6","scopes":["tenants:read","activations:read","activations:write","support:write"]}','cf31bdfcca82a8750e4b909523bb75aba39be2c9d8d1bf8f8b1bd94f7858184b','ed99879e4098b560540658719e185356eecb9feff1ca4620fa55a9aab8960a42');
INSERT INTO "audit_event" VALUES(27,'aud_01m8gp8dyfem7tpyxh5tcytnr5',1795856545743,'tok_01m8gp8batf40897yhwsfv7xcs','licence_key.made','69837630204d98e7',NULL,NULL,'65610d829b2498071d8d76aa','127.0.0.1','{"before":null,"public":"2sOjzmSCA2KGmXY80EtEW2Yfxis3DGPTlyCMZGjJeVw="}','ed99879e4098b560540658719e185356eecb9feff1ca4620fa55a9aab8960a42','ea9243b9b4d1d99f4c5a82354c43003f206fe84a3ad26e30f030123686c23d5a');
CREATE TABLE audit_head (
    one bigint not null primary key check (one = 1),
    seq bigint not null,
    hash text not null
);
INSERT INTO "audit_head" VALUES(1,27,'ea9243b9b4d1d99f4c5a82354c43003f206fe84a3ad26e30f030123686c23d5a');
CREATE TABLE blocked_collaborator (
    tenant_id text not null references tenant (id),
    member_id text not null references member (id),
    blocked_by text not null,
    blocked_ms bigint not null,
    primary key (tenant_id, member_id)
);
CREATE TABLE claim_challenge (
    client_id text not null references client (id),
    challenger_id text not null references partner (id),
    at_ms bigint not null,
    primary key (client_id, challenger_id)
);
CREATE TABLE client (
    id text not null primary key,
    partner_id text not null references partner (id),
    company text not null,
    -- As it was written, and as it is compared; null once the client is anonymised.
    email_written text,
    email_compared text,
    phone text,
    -- Street and number, postal code, town.
    address text,
    postal_code text,
    city text,
    country text not null,
    -- In its one written form, and the version of the country's rule that it was looked at by.
    tax_id text,
    region_rule_version bigint not null,
    -- en or fr: what the client's mails are in.
    language text not null,
    -- A JSON array of people.
    contacts text not null,
    -- prospect, customer, former or anonymised.
    state text not null,
    created_ms bigint not null,
    anonymised_ms bigint
);
INSERT INTO "client" VALUES('cli_01m8gp8dnnfg4vakjkhkc4kdrq','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','Le Fournil','anne@fournil.example','anne@fournil.example',NULL,NULL,NULL,NULL,'FR',NULL,0,'fr','[]','customer',1795856545461,NULL);
CREATE TABLE client_place (
    client_id text not null primary key references client (id),
    partner_id text not null references partner (id),
    latitude bigint not null,
    longitude bigint not null,
    -- country or postal_code: by what it was found.
    found_by text not null
);
INSERT INTO "client_place" VALUES('cli_01m8gp8dnnfg4vakjkhkc4kdrq','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',46000000,2000000,'country');
CREATE TABLE component (
    id text not null primary key,
    product_id text not null references product (id),
    code text not null,
    name text not null,
    -- device or service.
    kind text not null,
    state text not null,
    countries text,
    -- JSON lists of components.
    requires text not null,
    excludes text not null,
    max_quantity bigint not null,
    created_ms bigint not null
);
CREATE TABLE consent (
    id text not null primary key,
    tenant_id text not null references tenant (id),
    partner_id text not null references partner (id),
    member_id text not null references member (id),
    role text not null,
    -- view or act.
    scope text not null,
    reason text not null,
    -- requested, granted, denied, revoked, expired or lapsed.
    state text not null,
    requested_by text not null,
    requested_ms bigint not null,
    -- Until when access was asked for.
    asked_until_ms bigint,
    granted_by text,
    granted_ms bigint,
    -- 1 when it lasts until it is revoked, and is confirmed every year.
    lasting bigint not null,
    -- When it ends by itself: while it is requested when it lapses, then when it expires.
    ends_ms bigint not null,
    ended_by text,
    ended_ms bigint
);
CREATE TABLE consent_session (
    id text not null primary key,
    consent_id text not null references consent (id),
    opened_by text not null,
    opened_ms bigint not null,
    ip text
);
CREATE TABLE domain (
    id text not null primary key,
    tenant_id text not null references tenant (id),
    -- platform or custom.
    kind text not null,
    -- The main name; the other half of a custom domain is its www.
    host text not null,
    -- A custom domain's own CNAME target is this label below the target zone; empty for a platform name.
    target_label text not null,
    -- What an apex name's TXT record at _marque.HOST must say; empty for a platform name.
    txt_token text not null,
    created_ms bigint not null,
    removed_ms bigint
);
INSERT INTO "domain" VALUES('dom_01m8gp8db3faht6bq2aaev600k','ten_01m8gp8d6ff1zrktm3s4xwca97','platform','d000000.bench.test','','',1795856545123,NULL);
CREATE TABLE edge_proxy (
    name text not null primary key,
    acked_revision bigint not null,
    live_until_ms bigint not null,
    -- Names the stream that a proxy opened last: one that was opened before under the same name is ended.
    stream text
);
CREATE TABLE feed_counter (
    one bigint not null primary key check (one = 1),
    epoch text not null,
    revision bigint not null,
    -- Below this revision deleted records may have been forgotten: who has less gets a snapshot.
    floor bigint not null
);
INSERT INTO "feed_counter" VALUES(1,'6df3d1796870ae9b',9,0);
CREATE TABLE feed_record (
    kind text not null,
    name text not null,
    revision bigint not null,
    -- The record as JSON; null when it is deleted.
    body text,
    changed_ms bigint not null,
    primary key (kind, name)
);
INSERT INTO "feed_record" VALUES('shared_key','197a28484de4d087',1,'{"shared_key":{"id":"197a28484de4d087","use_":"cookie","use_from_ms":1795856543345,"secret":"nT+jcBbL1neAQd56tLgkRz1HIOJ5kT3CUK18n6Tc2ZaDlhwrRRjTmxMahtgVJOTp2J/W9mIcvvFhOvqpBHIfsLtnMiE="}}',1795856543345);
INSERT INTO "feed_record" VALUES('shared_key','4dcbc7273c0f439b',1,'{"shared_key":{"id":"4dcbc7273c0f439b","use_":"assertion","use_from_ms":1795856543345,"secret":"nT+jcBbL1neNccYk7dX7EZpnXxgQ5857otZ7ROzTCgNkqGxSmogIARnMT+LrKT0dqKii0QqI6kxV0SnPk2uk3R0pCPE="}}',1795856543345);
INSERT INTO "feed_record" VALUES('shared_key','c5d1cd171ff94a53',1,'{"shared_key":{"id":"c5d1cd171ff94a53","use_":"ticket","use_from_ms":1795856543345,"secret":"nT+jcBbL1neXna5V5nISQMPRZSs2gHDODr2SlVlTAQx2xf0fOcnEsGO2eUJAaj6Z285f53lbPPggL5aCRZjTBrb/qCQ="}}',1795856543345);
INSERT INTO "feed_record" VALUES('application','app_01m8gp8ceeeatrwdqvzpx1q0x6',2,'{"application":{"id":"app_01m8gp8ceeeatrwdqvzpx1q0x6","name":"till","policy":{"upstreams":["http://127.0.0.1:9"],"health_path":null,"own_hosts":[],"public_https_port":443,"websocket":false,"selectors":[{"path":"/accounts/{account}"},{"query":"account"}],"session_cookies":["till"],"logins":[{"path":"/login","request":[],"answer":[{"header":"x-account"}]}]}}}',1795856544206);
INSERT INTO "feed_record" VALUES('partner','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',3,'{"partner":{"id":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","brand":{"name":"Comptoir","support":"aide@comptoir.example"}}}',1795856544283);
INSERT INTO "feed_record" VALUES('tenant','ten_01m8gp8cp4fx2rxw8xeetfs6ca',4,'{"tenant":{"id":"ten_01m8gp8cp4fx2rxw8xeetfs6ca","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","account":null,"state":"provisioning"}}',1795856544452);
INSERT INTO "feed_record" VALUES('tenant','ten_01m8gp8cp4fxnr6c5djxkev2s1',4,'{"tenant":{"id":"ten_01m8gp8cp4fxnr6c5djxkev2s1","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","account":null,"state":"provisioning"}}',1795856544452);
INSERT INTO "feed_record" VALUES('tenant','ten_01m8gp8d6ff1zrktm3s4xwca97',6,'{"tenant":{"id":"ten_01m8gp8d6ff1zrktm3s4xwca97","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","account":"fournil","state":"active"}}',1795856545049);
INSERT INTO "feed_record" VALUES('address','d000000.bench.test',7,'{"address":{"host":"d000000.bench.test","tenant":"ten_01m8gp8d6ff1zrktm3s4xwca97","kind":"platform","hsts":true}}',1795856545123);
INSERT INTO "feed_record" VALUES('certificate','d000000.bench.test',8,'{"certificate":{"host":"d000000.bench.test","tenant":"ten_01m8gp8d6ff1zrktm3s4xwca97","chain":["MIIBgjCCASigAwIBAgIUVBhQHIPmzDqh3mWlVi0ShgZkvCIwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIYmVuY2ggQ0EwHhcNMjYwMTAxMDAwMDAwWhcNMzYwMTAxMDAwMDAwWjAdMRswGQYDVQQDDBJkMDAwMDAwLmJlbmNoLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARJ9mDpdRQVWYckh37mGEDD+xkFD7UdPZx1hJ34flpI10ea0UujHPVMkudCJ52Gqi3aYJxvI1COhgkbrkI0Fm0go1AwTjAdBgNVHREEFjAUghJkMDAwMDAwLmJlbmNoLnRlc3QwHwYDVR0jBBgwFoAUIrZK3C537KCMxCaTgx4Jx9tBCyUwDAYDVR0TAQH/BAIwADAKBggqhkjOPQQDAgNIADBFAiEA+34MVgcE8B4p37uOddGStNB+LbD9Yn7lOdlYLiHCgZUCIGLrwRgr8DkX7HNwkcATC+faUs866ppmMCImD8RGeKdN"],"key":"nT+jcBbL1nd8PWMkeI4638aG9llbV7DOHBHEx01CaEbYLVau3XQfPj7BO3Cvc8VkAjlZPZSa/J8I8+6z1gF3Sq7vX9Z19Syz8Sr8tb9hzpllHBT6VrOTqX1+9VfImqBaAcaZ2WYPzMKr5w9H+0hdNA8lAdOUxjGwxK9+8feQXz6Ub49WdaltS6dZZKCXBEMPu7r2c6boccmVhqwC8u3Xnr4qUmsY5xzNyGBTQbfc","not_after_ms":2082758400000}}',1795856545235);
INSERT INTO "feed_record" VALUES('tenant','ten_01m8gp8dnnepv9kc5h277psphm',9,'{"tenant":{"id":"ten_01m8gp8dnnepv9kc5h277psphm","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","account":null,"state":"provisioning","licence":{"state":"usable","until_ms":1799658145461,"when_over":"block"}}}',1795856545461);
CREATE TABLE help_link (
    id text not null primary key,
    -- guide, video or marketing.
    kind text not null,
    title_en text not null,
    title_fr text not null,
    url text not null,
    position bigint not null,
    created_ms bigint not null
);
CREATE TABLE home_layout (
    owner text not null primary key,
    partner_id text,
    -- Blocks in their order, a JSON array.
    blocks text not null,
    changed_ms bigint not null
);
CREATE TABLE hostname (
    host text not null primary key,
    domain_id text not null references domain (id),
    -- main or www.
    role text not null,
    -- pending, verified or lost.
    dns_state text not null,
    dns_reason text,
    dns_checked_ms bigint,
    dns_next_ms bigint,
    lost_since_ms bigint,
    -- none, issuing, active or failed.
    certificate_state text not null,
    -- acme or uploaded.
    certificate_source text,
    certificate_reason text,
    certificate_not_after_ms bigint,
    -- A JSON array of base64 DER, leaf first.
    certificate_chain text,
    certificate_key blob,
    renew_at_ms bigint,
    -- From when on it is said that an uploaded certificate ends.
    ends_soon_ms bigint,
    attempts bigint not null,
    next_attempt_ms bigint
);
INSERT INTO "hostname" VALUES('d000000.bench.test','dom_01m8gp8db3faht6bq2aaev600k','main','verified',NULL,NULL,NULL,NULL,'active','uploaded',NULL,2082758400000,'["MIIBgjCCASigAwIBAgIUVBhQHIPmzDqh3mWlVi0ShgZkvCIwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIYmVuY2ggQ0EwHhcNMjYwMTAxMDAwMDAwWhcNMzYwMTAxMDAwMDAwWjAdMRswGQYDVQQDDBJkMDAwMDAwLmJlbmNoLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARJ9mDpdRQVWYckh37mGEDD+xkFD7UdPZx1hJ34flpI10ea0UujHPVMkudCJ52Gqi3aYJxvI1COhgkbrkI0Fm0go1AwTjAdBgNVHREEFjAUghJkMDAwMDAwLmJlbmNoLnRlc3QwHwYDVR0jBBgwFoAUIrZK3C537KCMxCaTgx4Jx9tBCyUwDAYDVR0TAQH/BAIwADAKBggqhkjOPQQDAgNIADBFAiEA+34MVgcE8B4p37uOddGStNB+LbD9Yn7lOdlYLiHCgZUCIGLrwRgr8DkX7HNwkcATC+faUs866ppmMCImD8RGeKdN"]',X'9D3FA37016CBD6777C3D6324788E3ADFC686F6595B57B0CE1C11C4C74D426846D82D56AEDD741F3E3EC13B70AF73C5640239593D949AFC9F08F3EEB3D601774AAEEF5FD675F52CB3F12AFCB5BF61CE99651C14FA56B393A97D7EF557C89AA05A01C699D9660FCCC2ABE70F47FB485D340F2501D394C631B0C4AF7EF1F7905F3E946F8F5675A96D4BA75964A09704430FBBBAF673A6E871C99586AC02F2EDD79EBE2A526B18E71CCDC8605341B7DC',2082758400000,1987124448412,0,NULL);
CREATE TABLE idempotency (
    principal text not null,
    key text not null,
    request_hash text not null,
    status bigint not null,
    body text not null,
    created_ms bigint not null, kept_until_ms bigint not null default 0,
    primary key (principal, key)
);
INSERT INTO "idempotency" VALUES('operator','69980ddd-cce8-4c8d-aa75-abd9a300bafe','a18e4510cbe68ff7695d03fe970c709174793794a5d8e0b3a7349ab217000e6e',201,'{"id":"app_01m8gp8ceeeatrwdqvzpx1q0x6","name":"till","policy":{"upstreams":["http://127.0.0.1:9"],"health_path":null,"own_hosts":[],"public_https_port":443,"websocket":false,"selectors":[{"path":"/accounts/{account}"},{"query":"account"}],"session_cookies":["till"],"logins":[{"path":"/login","request":[],"answer":[{"header":"x-account"}]}]},"created_at":"2026-11-28T09:02:24.206Z"}',1795856544206,1795942944206);
INSERT INTO "idempotency" VALUES('operator','d8a259f5-8bc9-4f7f-8eca-0f81c4842434','b0013b18c2a737da47da0a95082c5096cdea90c4e07a10a2a7451c594d73335c',201,'{"id":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","name":"Comptoir","brand":{"name":"Comptoir","support":"aide@comptoir.example"},"kind":"reseller","state":"applied","region":null,"account_manager":null,"distribution_mode":"no_code","support_level1":false,"legal":{"status":"company","registration":"RCS 1","evidence":"extract of the register"},"tax_id":null,"auto_licence_plan":null,"hidden":[],"approved_at":null,"created_at":"2026-11-28T09:02:24.283Z"}',1795856544283,1795942944283);
INSERT INTO "idempotency" VALUES('operator','1f36e110-8ffe-4852-9d5b-366b27866421','856f217f884c225df25d14ef45b6c2264618d957c1ec36883baaf333ef676b5f',201,'{"id":"amg_01m8gp8ckyfbzsrte82sjjpd8g","name":"Camille","email":"camille@marque.example","phone":null,"other":null,"created_at":"2026-11-28T09:02:24.382Z"}',1795856544382,1795942944382);
INSERT INTO "idempotency" VALUES('operator','cab5332e-97a1-4f92-b4e6-00ebdda9288b','31f2479043e0024ed4ab1613d9e15d0efb9a611c01e06ecafaff11cf044207ba',200,'{"id":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","name":"Comptoir","brand":{"name":"Comptoir","support":"aide@comptoir.example"},"kind":"reseller","state":"active","region":null,"account_manager":"amg_01m8gp8ckyfbzsrte82sjjpd8g","distribution_mode":"no_code","support_level1":false,"legal":{"status":"company","registration":"RCS 1","evidence":"extract of the register"},"tax_id":null,"auto_licence_plan":null,"hidden":[],"approved_at":"2026-11-28T09:02:24.452Z","created_at":"2026-11-28T09:02:24.283Z"}',1795856544452,1795942944452);
INSERT INTO "idempotency" VALUES('operator','7fdc40e3-566d-4d80-b3c0-b308a0a462a8','cd360f79e40deab98fa435f39bade64a3802565e6ab2f2b9371f5cabe576ebea',201,'{"id":"prd_01m8gp8cs9ehjb7mf744pvycjj","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","code":"till","name":"Cash register","state":"listed","created_at":"2026-11-28T09:02:24.553Z"}',1795856544553,1795942944553);
INSERT INTO "idempotency" VALUES('operator','5bfd3990-1064-48bb-8f97-85eda5bc616e','85b40987d99030cd533c9c45a00fc7b111430354378475f73f0d37784e1fe034',201,'{"id":"pln_01m8gp8cvhfwsretfgde24cd45","product":"prd_01m8gp8cs9ehjb7mf744pvycjj","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","code":"Production","name":"Production","kind":"sold","state":"listed","terms":[{"term":"monthly","countries":[]},{"term":"yearly","countries":[]}],"at_suspension":"block","grace_days":14,"trial_days":14,"trial_extension_days":7,"max_activations":2,"created_at":"2026-11-28T09:02:24.625Z"}',1795856544625,1795942944625);
INSERT INTO "idempotency" VALUES('operator','3c3b05b9-cd3d-4e5d-8b67-13e8f74fd422','739316d4e9b439d99b852d021b82fa18bb6df3a00b75f057c11116bafd552ce9',201,'{"id":"prl_01m8gp8cxqfaqb53xf1vxa2xch","name":"Europe","currency":"EUR","countries":[],"partners":[],"state":"open","created_at":"2026-11-28T09:02:24.695Z"}',1795856544695,1795942944695);
INSERT INTO "idempotency" VALUES('operator','a0f3d775-3409-45d9-91a2-98df404bbf13','2650073fddadbbf0b405bafa52d8e62c5f7938aca16353fb2831266fc7e3e1cb',201,'{"id":"plv_01m8gp8czke90brhca4b650swx","price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","number":1,"state":"draft","created_at":"2026-11-28T09:02:24.755Z"}',1795856544755,1795942944755);
INSERT INTO "idempotency" VALUES('operator','b949a535-fdc2-415b-9b96-fafd7fb02740','22caaf58b4c159736130fe902634d808bd6de06f0f36c4d7a5e7e3ce41695d25',200,'{"id":"plv_01m8gp8czke90brhca4b650swx","price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","number":1,"state":"in_force","effective_from":"2026-11-28T09:02:24.826Z","published_at":"2026-11-28T09:02:24.826Z","created_at":"2026-11-28T09:02:24.755Z"}',1795856544826,1795942944826);
INSERT INTO "idempotency" VALUES('operator','0fba42de-8f28-4d16-b218-76aaeb5f3b78','35ad830457c96e4452e867fd1acc530b39ae6f12d56de62dfe4442d13e099eb7',201,'{"id":"pay_01m8gp8d3ye8ytgr89bzww73ha","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","amount":{"amount":100000,"currency":"EUR"},"reference":"in advance","created_at":"2026-11-28T09:02:24.894Z"}',1795856544894,1798448544894);
INSERT INTO "idempotency" VALUES('operator','3c75caa8-b3fb-4f6c-abb5-7a33eb9683ef','554e096c48b847c9ffa2667b8250dc5b644a1e6263576d030ba7a5be8ba8e91e',201,'{"id":"ten_01m8gp8d6ff1zrktm3s4xwca97","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","name":"Le Fournil","kind":"client","account":null,"state":"provisioning","created_at":"2026-11-28T09:02:24.975Z"}',1795856544975,1795942944975);
INSERT INTO "idempotency" VALUES('operator','b416f58e-6f2e-4f63-8a54-59e216b9ca62','b5a74616e799b0cc69d38ca3f1f16899648bf81632610730b6ec055065f8103f',200,'{"id":"ten_01m8gp8d6ff1zrktm3s4xwca97","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","name":"Le Fournil","kind":"client","account":"fournil","state":"active","created_at":"2026-11-28T09:02:24.975Z"}',1795856545049,1795942945049);
INSERT INTO "idempotency" VALUES('operator','0297098c-d924-4f48-95aa-c2c723958790','544de5497eea06a7518c9acd4bcc20a0e4be40478b1224f14f6754d3846972cf',201,'{"id":"dom_01m8gp8db3faht6bq2aaev600k","tenant":"ten_01m8gp8d6ff1zrktm3s4xwca97","kind":"platform","host":"d000000.bench.test","hostnames":[{"host":"d000000.bench.test","role":"main","live":false,"dns":{"state":"verified","checked_at":null,"next_check_at":null,"records":[]},"certificate":{"state":"none","source":null,"not_after":null}}],"created_at":"2026-11-28T09:02:25.123Z"}',1795856545123,1795942945123);
INSERT INTO "idempotency" VALUES('operator','95985f80-7de1-4a37-9bdf-2715ec4884c1','1468407ba646d41e8e548fb77dfe86c3ae29fe5aa9abbe6de9fada5d61920078',201,'{"id":"tok_01m8gp8dk5enmt57xe4kdrb3ej","name":"shop","principal":"partner:ptr_01m8gp8cgvfhdbcnsqgdfehbkb","scopes":["clients:read","clients:write","tenants:read","orders:read","orders:write","licences:read","licences:write","balance:read","search:read","orders:void"],"created_at":"2026-11-28T09:02:25.381Z","expires_at":"2027-11-29T09:02:25.381Z","networks":[],"tenants":[],"mode":"live"}',1795856545381,1795942945381);
INSERT INTO "idempotency" VALUES('partner:ptr_01m8gp8cgvfhdbcnsqgdfehbkb','893713c5-2816-4f08-92aa-cf62527225af','f47b403696a5fabb31efb4dcd79f13678b336879c44a4c13d054ee0070da9336',201,'{"id":"ord_01m8gp8dnne9nr2sg93g5rmt6e","number":"2026-WE30-EZQW","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","kind":"order","state":"fulfilled","po_number":null,"plan":"pln_01m8gp8cvhfwsretfgde24cd45","term":"monthly","components":[],"price":{"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","version":"plv_01m8gp8czke90brhca4b650swx","currency":"EUR","lines":[{"code":"Production","label":"Production","quantity":1,"unit":{"amount":4900,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"}}],"net":{"amount":4900,"currency":"EUR"},"discount":{"amount":0,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"},"explanation":[{"code":"version","text":"The prices are of version 1 of the price list “Europe”."},{"code":"lines","text":"The lines add up.","amount":{"amount":4900,"currency":"EUR"}}]},"charged":{"amount":4900,"currency":"EUR"},"tenant":"ten_01m8gp8dnnepv9kc5h277psphm","opened_tenant":true,"licence":"lic_01m8gp8dnnej3br3hngbjjrbz4","serial":"5XRT-Z8J2-K9DT-J11T","subscription":"sub_01m8gp8dnne4tradpmsk14tgwh","activation_link":"https://portal.bench.test/activate#5XRT-Z8J2-K9DT-J11T","replaces":null,"replaced_by":null,"policy_version":1,"placed_at":"2026-11-28T09:02:25.461Z","activated_at":null,"voided_at":null,"warnings":[]}',1795856545461,1798448545461);
INSERT INTO "idempotency" VALUES('operator','9c73005f-cfac-4994-89a2-a4aa51d2e357','5e1847081611d496cf38b99d313714c44670700e2d6ae5e2f4d77feccbc92385',201,'{"id":"tok_01m8gp8dw2f2r9dba2vtx0h1gb","name":"till","principal":"application:app_01m8gp8ceeeatrwdqvzpx1q0x6","scopes":["tenants:read","activations:read","activations:write","support:write"],"created_at":"2026-11-28T09:02:25.666Z","expires_at":"2027-11-29T09:02:25.666Z","networks":[],"tenants":[],"mode":"live"}',1795856545666,1795942945666);
INSERT INTO "idempotency" VALUES('operator','8ce42120-3008-4ef0-8e11-7928d05af250','276ae06ce8182fabca4eee92c60b911e4651eb1fe4da060e103dd16333461f07',201,'{"name":"69837630204d98e7","public":"2sOjzmSCA2KGmXY80EtEW2Yfxis3DGPTlyCMZGjJeVw=","created_at":"2026-11-28T09:02:25.743Z"}',1795856545743,1795942945743);
CREATE TABLE invitation (
    id text not null primary key,
    user_id text not null references app_user (id),
    -- What it leads to: pmb_…, tus_…, or usr_… for the vendor's staff.
    place text not null,
    partner_id text,
    tenant_id text,
    -- SHA-256 of what the link holds, hexadecimal.
    hash text not null unique,
    -- sent, accepted or withdrawn.
    state text not null,
    created_ms bigint not null,
    sent_ms bigint not null,
    expires_ms bigint not null
);
CREATE TABLE issuance (
    id text not null primary key,
    domain_id text not null references domain (id),
    host text not null,
    -- ordered, published, acknowledged, ready, finalized, issued or failed.
    state text not null,
    order_url text,
    csr blob,
    key_sealed blob,
    reason text,
    detail text,
    lease_owner text,
    lease_until_ms bigint,
    created_ms bigint not null,
    updated_ms bigint not null
);
CREATE TABLE ledger_adjustment (
    id text not null primary key,
    partner_id text not null references partner (id),
    currency text not null,
    amount bigint not null,
    reason text not null,
    -- proposed, confirmed or rejected.
    state text not null,
    proposed_by text not null,
    decided_by text,
    created_ms bigint not null,
    decided_ms bigint,
    check (decided_by is null or decided_by <> proposed_by or state = 'rejected')
);
CREATE TABLE ledger_entry (
    tx bigint not null references ledger_tx (seq),
    line bigint not null,
    -- wallet, pending, revenue, cash or adjustment: of the partner and currency of the transaction's wallet.
    from_account text not null,
    to_account text not null,
    amount bigint not null check (amount >= 0),
    primary key (tx, line),
    check (from_account <> to_account)
);
INSERT INTO "ledger_entry" VALUES(1,1,'cash','wallet',100000);
INSERT INTO "ledger_entry" VALUES(2,1,'wallet','pending',4900);
INSERT INTO "ledger_entry" VALUES(3,1,'pending','revenue',4900);
CREATE TABLE ledger_payment (
    id text not null primary key,
    partner_id text not null references partner (id),
    currency text not null,
    amount bigint not null check (amount > 0),
    reference text not null,
    recorded_by text not null,
    created_ms bigint not null
);
INSERT INTO "ledger_payment" VALUES('pay_01m8gp8d3ye8ytgr89bzww73ha','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','EUR',100000,'in advance','tok_01m8gp8batf40897yhwsfv7xcs',1795856544894);
CREATE TABLE ledger_source (
    -- order, renewal, change, take, adjustment or payment.
    kind text not null,
    id text not null,
    partner_id text not null references partner (id),
    currency text not null,
    -- Below zero when the partner is given something back.
    amount bigint not null,
    -- pending, posted, voided or reversed.
    state text not null,
    created_ms bigint not null,
    primary key (kind, id)
);
INSERT INTO "ledger_source" VALUES('payment','pay_01m8gp8d3ye8ytgr89bzww73ha','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','EUR',100000,'posted',1795856544894);
INSERT INTO "ledger_source" VALUES('order','ord_01m8gp8dnne9nr2sg93g5rmt6e','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','EUR',4900,'posted',1795856545461);
CREATE TABLE ledger_tx (
    -- 1 for the first, in the order in which they happened.
    seq bigint not null primary key,
    id text not null unique,
    wallet_id text not null references ledger_wallet (id),
    -- Whose the wallet is.
    partner_id text not null,
    source_kind text not null,
    source_id text not null,
    -- hold, post, cancel, reverse, credit, pay or adjust.
    step text not null,
    -- What it did to the wallet, and what was in it then.
    change bigint not null,
    balance bigint not null,
    at_ms bigint not null,
    -- As a person put it: a payment's reference, an adjustment's reason.
    note text,
    foreign key (source_kind, source_id) references ledger_source (kind, id)
);
INSERT INTO "ledger_tx" VALUES(1,'ltx_01m8gp8d3yexmvd5jdmsday1q5','wal_01m8gp8cp4fpsrgm8k3yfqvytf','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','payment','pay_01m8gp8d3ye8ytgr89bzww73ha','pay',100000,100000,1795856544894,'in advance');
INSERT INTO "ledger_tx" VALUES(2,'ltx_01m8gp8dnne4a8r6qmmhb457wf','wal_01m8gp8cp4fpsrgm8k3yfqvytf','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','order','ord_01m8gp8dnne9nr2sg93g5rmt6e','hold',-4900,95100,1795856545461,NULL);
INSERT INTO "ledger_tx" VALUES(3,'ltx_01m8gp8dnne2ardw9mkrd92t6a','wal_01m8gp8cp4fpsrgm8k3yfqvytf','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','order','ord_01m8gp8dnne9nr2sg93g5rmt6e','post',0,95100,1795856545461,NULL);
CREATE TABLE ledger_wallet (
    id text not null primary key,
    partner_id text not null references partner (id),
    currency text not null,
    balance bigint not null,
    -- What is held and not yet posted.
    pending bigint not null,
    credit_limit bigint not null check (credit_limit >= 0),
    -- Who is told when less than this can be spent.
    warn_below bigint,
    is_low bigint not null,
    created_ms bigint not null,
    check (balance + credit_limit >= 0),
    check (pending >= 0)
);
INSERT INTO "ledger_wallet" VALUES('wal_01m8gp8cp4fpsrgm8k3yfqvytf','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','EUR',95100,0,0,NULL,0,1795856544452);
CREATE TABLE licence (
    id text not null primary key,
    -- Without dashes; it is kept when a licence follows another.
    serial text not null,
    tenant_id text not null references tenant (id),
    partner_id text not null references partner (id),
    application_id text not null references application (id),
    client_id text,
    plan_id text not null,
    product_id text not null,
    subscription_id text references subscription (id),
    order_id text,
    -- trial, paid or free.
    kind text not null,
    -- order, automatic or manual.
    origin text not null,
    -- monthly, yearly or perpetual.
    term text not null,
    components text not null,
    max_activations bigint not null,
    trial_days bigint not null,
    extension_days bigint not null,
    grace_days bigint not null,
    -- block or read_only: what becomes of the tenant when the licence is over.
    when_over text not null,
    -- 1 when another period follows by itself.
    renews bigint not null,
    issued_ms bigint not null,
    -- Written once.
    activated_ms bigint,
    -- Null for what has no end; the grace comes on top.
    expires_ms bigint,
    extended_ms bigint,
    suspended_ms bigint,
    -- operator, partner or billing.
    suspended_by text,
    suspended_reason text,
    -- From when on it is cancelled: perhaps not yet.
    cancelled_ms bigint,
    voided_ms bigint,
    superseded_ms bigint,
    superseded_by text,
    -- When the task looks at it, to tell that it ends soon or has ended.
    next_ms bigint
);
INSERT INTO "licence" VALUES('lic_01m8gp8dnnej3br3hngbjjrbz4','5XRTZ8J2K9DTJ11T','ten_01m8gp8dnnepv9kc5h277psphm','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','app_01m8gp8ceeeatrwdqvzpx1q0x6','cli_01m8gp8dnnfg4vakjkhkc4kdrq','pln_01m8gp8cvhfwsretfgde24cd45','prd_01m8gp8cs9ehjb7mf744pvycjj','sub_01m8gp8dnne4tradpmsk14tgwh','ord_01m8gp8dnne9nr2sg93g5rmt6e','paid','order','monthly','[]',2,14,7,14,'block',1,1795856545461,NULL,1798448545461,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1799658145461);
CREATE TABLE licence_key (
    id text not null primary key,
    -- Base64.
    public_key text not null,
    -- Sealed under the store key.
    seed blob not null,
    created_ms bigint not null
);
INSERT INTO "licence_key" VALUES('69837630204d98e7','2sOjzmSCA2KGmXY80EtEW2Yfxis3DGPTlyCMZGjJeVw=',X'B6BED85515B08D14E990BD60051B1581DC2BC6F78C14007167CDC01991143A31101C17C5949ADA7E3537B89A803F150B1CC7FC5DE5DB51A43E4B8160C55068EDB69EB5A9',1795856545743);
CREATE TABLE mail (
    id text not null primary key,
    to_address text not null,
    kind text not null,
    -- en or fr.
    language text not null,
    -- In whose brand; none for the vendor's.
    partner_id text references partner (id),
    -- What the template is filled with, JSON. It may hold a single-use link: emptied once the mail was taken.
    facts text not null,
    -- waiting, sent or failed.
    state text not null,
    attempts bigint not null,
    -- When it is tried next, or when the attempt under way is given up.
    next_ms bigint not null,
    -- What the server said last, when it did not take the mail.
    said text,
    created_ms bigint not null,
    sent_ms bigint
, secret blob);
INSERT INTO "mail" VALUES('mal_01m8gp8dnnfpqvr3rvm37gt6qg','anne@fournil.example','activation_instructions','fr','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','{"company":"Le Fournil","name":"Le Fournil","order":"2026-WE30-EZQW","path":"/activate#5XRT-Z8J2-K9DT-J11T","product":"Cash register","serial":"5XRT-Z8J2-K9DT-J11T"}','waiting',0,1795856545461,NULL,1795856545461,NULL,NULL);
CREATE TABLE member (
    id text not null primary key,
    partner_id text not null references partner (id),
    user_id text not null references app_user (id),
    name text not null,
    -- Rights, one space between.
    rights text not null,
    -- invited, active or removed.
    state text not null,
    created_ms bigint not null
);
CREATE TABLE operator_user (
    user_id text not null primary key references app_user (id),
    -- As who invited says; the person's own name counts once accepted.
    name text not null,
    -- invited, active or removed.
    state text not null,
    created_ms bigint not null
);
CREATE TABLE order_policy (
    version bigint not null primary key,
    void_days bigint not null,
    claim_days bigint not null,
    since_ms bigint not null
);
INSERT INTO "order_policy" VALUES(1,30,90,0);
CREATE TABLE outbox_event (
    seq bigint not null primary key,
    id text not null unique,
    at_ms bigint not null,
    kind text not null,
    object text not null,
    object_seq bigint not null,
    partner_id text,
    tenant_id text,
    payload text not null
);
INSERT INTO "outbox_event" VALUES(1,'evt_01m8gp8batfy3ayh96c34rzg85',1795856543066,'token.created','tok_01m8gp8batf40897yhwsfv7xcs',1,NULL,NULL,'{"principal":"operator","scopes":["partners:read","partners:write","members:read","members:write","users:read","users:write","clients:read","clients:write","applications:read","applications:write","tenants:read","tenants:write","domains:read","domains:write","white_label:read","white_label:write","retail:read","retail:write","catalog:read","catalog:write","prices:read","prices:write","promos:read","promos:write","orders:read","orders:write","licences:read","licences:write","activations:read","activations:write","collaborators:read","collaborators:write","consents:read","consents:write","balance:read","balance:write","support:read","support:write","search:read","audit:read","webhooks:read","webhooks:write","tokens:read","tokens:write","tenants:bind","orders:void","licences:activate_oem","ledger:adjust"]}');
INSERT INTO "outbox_event" VALUES(2,'evt_01m8gp8bdxet1tkbcthhyrxbme',1795856543165,'token.created','tok_01m8gp8bdxfndrj555sxb0mmeg',1,NULL,NULL,'{"principal":"edge","scopes":["edge:sync"]}');
INSERT INTO "outbox_event" VALUES(3,'evt_01m8gp8ceef4arhn6dz79cfz8w',1795856544206,'application.created','app_01m8gp8ceeeatrwdqvzpx1q0x6',1,NULL,NULL,'{"name":"till"}');
INSERT INTO "outbox_event" VALUES(4,'evt_01m8gp8cgvex98m3rskq66b071',1795856544283,'partner.created','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',1,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'{"kind":"reseller","name":"Comptoir"}');
INSERT INTO "outbox_event" VALUES(5,'evt_01m8gp8ckyeeztrms80h7ejpys',1795856544382,'account_manager.created','amg_01m8gp8ckyfbzsrte82sjjpd8g',1,NULL,NULL,'{"name":"Camille"}');
INSERT INTO "outbox_event" VALUES(6,'evt_01m8gp8cp4e2erm2mgbzrdmw3m',1795856544452,'partner.approved','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',2,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'{"account_manager":"amg_01m8gp8ckyfbzsrte82sjjpd8g","legal":{"evidence":"extract of the register","registration":"RCS 1","status":"company"}}');
INSERT INTO "outbox_event" VALUES(7,'evt_01m8gp8cp4e4ftmw6999bdp3mc',1795856544452,'tenant.created','ten_01m8gp8cp4fx2rxw8xeetfs6ca',1,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8cp4fx2rxw8xeetfs6ca','{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"business_free_partner","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}');
INSERT INTO "outbox_event" VALUES(8,'evt_01m8gp8cp4fg1rpf6dc4x3s1ms',1795856544452,'tenant.created','ten_01m8gp8cp4fxnr6c5djxkev2s1',1,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8cp4fxnr6c5djxkev2s1','{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"sandbox","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}');
INSERT INTO "outbox_event" VALUES(9,'evt_01m8gp8cs9fenasjcmgazaz0bz',1795856544553,'product.created','prd_01m8gp8cs9ehjb7mf744pvycjj',1,NULL,NULL,'{"code":"till","name":"Cash register","state":"listed"}');
INSERT INTO "outbox_event" VALUES(10,'evt_01m8gp8cvhe2srny590vmdkmj4',1795856544625,'plan.created','pln_01m8gp8cvhfwsretfgde24cd45',1,NULL,NULL,'{"at_suspension":"block","code":"Production","grace_days":14,"max_activations":2,"name":"Production","state":"listed","terms":[{"countries":null,"term":"monthly"},{"countries":null,"term":"yearly"}],"trial_days":14,"trial_extension_days":7}');
INSERT INTO "outbox_event" VALUES(11,'evt_01m8gp8cxqey9rps6kmk0dtg41',1795856544695,'price_list.created','prl_01m8gp8cxqfaqb53xf1vxa2xch',1,NULL,NULL,'{"countries":null,"currency":"EUR","name":"Europe","partners":null,"state":"open"}');
INSERT INTO "outbox_event" VALUES(12,'evt_01m8gp8czke9w9wd0eq5yakrca',1795856544755,'price_version.drafted','plv_01m8gp8czke90brhca4b650swx',1,NULL,NULL,'{"effective_ms":null,"number":1,"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","state":"draft"}');
INSERT INTO "outbox_event" VALUES(13,'evt_01m8gp8d1tfcqr5xjga76qvn3j',1795856544826,'price_version.published','plv_01m8gp8czke90brhca4b650swx',2,NULL,NULL,'{"effective_ms":1795856544826,"number":1,"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","state":"published"}');
INSERT INTO "outbox_event" VALUES(14,'evt_01m8gp8d3ye2eb7j5n6m4k0kwd',1795856544894,'payment.recorded','pay_01m8gp8d3ye8ytgr89bzww73ha',1,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'{"amount":{"amount":100000,"currency":"EUR"},"reference":"in advance"}');
INSERT INTO "outbox_event" VALUES(15,'evt_01m8gp8d6fedr9nz0q4phn1b11',1795856544975,'tenant.created','ten_01m8gp8d6ff1zrktm3s4xwca97',1,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8d6ff1zrktm3s4xwca97','{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"client","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}');
INSERT INTO "outbox_event" VALUES(16,'evt_01m8gp8d8sf66tjqm6j3gk8xgv',1795856545049,'tenant.bound','ten_01m8gp8d6ff1zrktm3s4xwca97',2,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8d6ff1zrktm3s4xwca97','{"after":{"account":"fournil","state":"active","suspended_by":null},"before":{"account":null,"state":"provisioning","suspended_by":null},"reason":null}');
INSERT INTO "outbox_event" VALUES(17,'evt_01m8gp8db3f9grkwg66gpvw0fd',1795856545123,'domain.created','dom_01m8gp8db3faht6bq2aaev600k',1,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8d6ff1zrktm3s4xwca97','{"host":"d000000.bench.test","kind":"platform","tenant":"ten_01m8gp8d6ff1zrktm3s4xwca97"}');
INSERT INTO "outbox_event" VALUES(18,'evt_01m8gp8dekf558azr8tfgp15v7',1795856545235,'domain.certificate_uploaded','dom_01m8gp8db3faht6bq2aaev600k',2,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8d6ff1zrktm3s4xwca97','{"hosts":["d000000.bench.test"],"not_after_ms":2082758400000}');
INSERT INTO "outbox_event" VALUES(19,'evt_01m8gp8dk5fp4b55hg7c5c0pra',1795856545381,'token.created','tok_01m8gp8dk5enmt57xe4kdrb3ej',1,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'{"principal":"partner:ptr_01m8gp8cgvfhdbcnsqgdfehbkb","scopes":["clients:read","clients:write","tenants:read","orders:read","orders:write","licences:read","licences:write","balance:read","search:read","orders:void"]}');
INSERT INTO "outbox_event" VALUES(20,'evt_01m8gp8dnne4nsn2tynpfpc4er',1795856545461,'client.created','cli_01m8gp8dnnfg4vakjkhkc4kdrq',1,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'{"country":"FR","rule_version":0}');
INSERT INTO "outbox_event" VALUES(21,'evt_01m8gp8dnnemyv4mxtgset0a44',1795856545461,'tenant.created','ten_01m8gp8dnnepv9kc5h277psphm',1,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8dnnepv9kc5h277psphm','{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"client","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}');
INSERT INTO "outbox_event" VALUES(22,'evt_01m8gp8dnnfnab5zmw142b08hx',1795856545461,'licence.issued','lic_01m8gp8dnnej3br3hngbjjrbz4',1,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8dnnepv9kc5h277psphm','{"expires_ms":1798448545461,"kind":"paid","order":"ord_01m8gp8dnne9nr2sg93g5rmt6e","origin":"order","plan":"pln_01m8gp8cvhfwsretfgde24cd45","serial":"5XRT-Z8J2-K9DT-J11T","subscription":"sub_01m8gp8dnne4tradpmsk14tgwh","tenant":"ten_01m8gp8dnnepv9kc5h277psphm","term":"monthly"}');
INSERT INTO "outbox_event" VALUES(23,'evt_01m8gp8dnneg192d40cde82hbd',1795856545461,'order.placed','ord_01m8gp8dnne9nr2sg93g5rmt6e',1,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'{"charged":{"amount":4900,"currency":"EUR"},"client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","kind":"order","number":"2026-WE30-EZQW","replaces":null,"tenant":"ten_01m8gp8dnnepv9kc5h277psphm"}');
INSERT INTO "outbox_event" VALUES(24,'evt_01m8gp8dnnf3tvk0m744rcfjn0',1795856545461,'order.fulfilled','ord_01m8gp8dnne9nr2sg93g5rmt6e',2,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'{"client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","kind":"order","licence":"lic_01m8gp8dnnej3br3hngbjjrbz4","number":"2026-WE30-EZQW","subscription":"sub_01m8gp8dnne4tradpmsk14tgwh","tenant":"ten_01m8gp8dnnepv9kc5h277psphm"}');
INSERT INTO "outbox_event" VALUES(25,'evt_01m8gp8dnnfykvvbx8jnng9kn5',1795856545461,'client.changed','cli_01m8gp8dnnfg4vakjkhkc4kdrq',2,'ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'{"after":"customer","before":"prospect"}');
INSERT INTO "outbox_event" VALUES(26,'evt_01m8gp8dw2ekjtfbtg7zscsyzk',1795856545666,'token.created','tok_01m8gp8dw2f2r9dba2vtx0h1gb',1,NULL,NULL,'{"principal":"application:app_01m8gp8ceeeatrwdqvzpx1q0x6","scopes":["tenants:read","activations:read","activations:write","support:write"]}');
INSERT INTO "outbox_event" VALUES(27,'evt_01m8gp8dyff719g63weg8wne4w',1795856545743,'licence_key.made','69837630204d98e7',1,NULL,NULL,'{"before":null,"public":"2sOjzmSCA2KGmXY80EtEW2Yfxis3DGPTlyCMZGjJeVw="}');
CREATE TABLE partner (
    id text not null primary key,
    name text not null,
    brand text not null,
    state text not null,
    created_ms bigint not null
, kind text not null default 'reseller', region text references region (code), account_manager_id text references account_manager (id), distribution_mode text not null default 'no_code', support_level1 bigint not null default 0, legal text, tax_id text, auto_licence_plan text, look text not null default '{}', settings text not null default '{}', state_reason text, approved_ms bigint);
INSERT INTO "partner" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb','Comptoir','{"name":"Comptoir","support":"aide@comptoir.example"}','active',1795856544283,'reseller',NULL,'amg_01m8gp8ckyfbzsrte82sjjpd8g','no_code',0,'{"status":"company","registration":"RCS 1","evidence":"extract of the register"}',NULL,NULL,'{}','{"hidden":[]}',NULL,1795856544452);
CREATE TABLE partner_order (
    id text not null primary key,
    -- What people say; drawn at random, so that it tells nothing of how much is sold.
    number text not null unique,
    partner_id text not null references partner (id),
    client_id text not null references client (id),
    -- order or trial.
    kind text not null,
    -- fulfilled or voided; completed is a fulfilled one whose licence was activated.
    state text not null,
    -- The partner's own number for it.
    po_number text,
    product_id text not null,
    plan_id text not null,
    term text not null,
    -- JSON.
    basket text not null,
    priced text not null,
    currency text not null,
    total_minor bigint not null,
    tenant_id text not null references tenant (id),
    -- 1 when the tenant was opened for it.
    opened_tenant bigint not null,
    -- The serial number of its licence, which whatever licence follows keeps.
    serial text not null,
    subscription_id text,
    -- The order that this one took the place of: switched, or converted.
    replaces_id text,
    -- The order that took the place of this one.
    replaced_by_id text,
    -- How often the client was told how to activate.
    told bigint not null,
    -- The version of the rules that it was placed under.
    policy_version bigint not null,
    placed_ms bigint not null,
    voided_ms bigint
);
INSERT INTO "partner_order" VALUES('ord_01m8gp8dnne9nr2sg93g5rmt6e','2026-WE30-EZQW','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','cli_01m8gp8dnnfg4vakjkhkc4kdrq','order','fulfilled',NULL,'prd_01m8gp8cs9ehjb7mf744pvycjj','pln_01m8gp8cvhfwsretfgde24cd45','monthly','{"partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","country":"FR","price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","plan":"pln_01m8gp8cvhfwsretfgde24cd45","term":"monthly","components":[],"promo":null}','{"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","version":"plv_01m8gp8czke90brhca4b650swx","currency":"EUR","product":"prd_01m8gp8cs9ehjb7mf744pvycjj","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","plan":"pln_01m8gp8cvhfwsretfgde24cd45","term":"monthly","lines":[{"code":"Production","label":"Production","quantity":1,"unit":{"amount":4900,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"}}],"net":{"amount":4900,"currency":"EUR"},"discount":{"amount":0,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"},"promo":null,"explanation":[{"code":"version","english":"The prices are of version 1 of the price list “Europe”.","french":"Les prix sont ceux de la version 1 de la liste de prix « Europe ».","amount":null},{"code":"lines","english":"The lines add up.","french":"Les lignes s’additionnent.","amount":{"amount":4900,"currency":"EUR"}}]}','EUR',4900,'ten_01m8gp8dnnepv9kc5h277psphm',1,'5XRTZ8J2K9DTJ11T','sub_01m8gp8dnne4tradpmsk14tgwh',NULL,NULL,1,1,1795856545461,NULL);
CREATE TABLE password_reset (
    -- SHA-256 of what the link holds, hexadecimal.
    hash text not null primary key,
    user_id text not null references app_user (id),
    created_ms bigint not null,
    expires_ms bigint not null,
    used_ms bigint
);
CREATE TABLE payment_method (
    id text not null primary key,
    partner_id text not null references partner (id),
    -- card, transfer, direct_debit, cheque, cash or other.
    kind text not null,
    name text not null,
    instructions text,
    created_ms bigint not null,
    removed_ms bigint
);
CREATE TABLE plan (
    id text not null primary key,
    product_id text not null references product (id),
    code text not null,
    name text not null,
    -- sold or free.
    kind text not null,
    state text not null,
    -- A JSON list: for how long it is sold, and where.
    terms text not null,
    -- block or read_only.
    at_suspension text not null,
    grace_days bigint not null,
    trial_days bigint not null,
    trial_extension_days bigint not null,
    max_activations bigint not null,
    created_ms bigint not null
);
INSERT INTO "plan" VALUES('pln_01m8gp8cvhfwsretfgde24cd45','prd_01m8gp8cs9ehjb7mf744pvycjj','Production','Production','sold','listed','[{"term":"monthly","countries":null},{"term":"yearly","countries":null}]','block',14,14,7,2,1795856544625);
CREATE TABLE price (
    price_version_id text not null references price_version (id),
    plan_id text not null references plan (id),
    term text not null,
    -- Empty for the plan itself.
    component_id text not null,
    -- From this quantity on, all of them cost so much each.
    from_quantity bigint not null,
    minor bigint not null check (minor >= 0),
    primary key (price_version_id, plan_id, term, component_id, from_quantity)
);
INSERT INTO "price" VALUES('plv_01m8gp8czke90brhca4b650swx','pln_01m8gp8cvhfwsretfgde24cd45','monthly','',1,4900);
CREATE TABLE price_list (
    id text not null primary key,
    name text not null unique,
    currency text not null,
    -- Where the clients are that it is for.
    countries text,
    -- Whom it is for.
    partners text,
    -- open or closed.
    state text not null,
    created_ms bigint not null
);
INSERT INTO "price_list" VALUES('prl_01m8gp8cxqfaqb53xf1vxa2xch','Europe','EUR',NULL,NULL,'open',1795856544695);
CREATE TABLE price_version (
    id text not null primary key,
    price_list_id text not null references price_list (id),
    number bigint not null,
    -- draft, published or retired; what is published never changes.
    state text not null,
    effective_ms bigint,
    published_ms bigint,
    created_ms bigint not null
);
INSERT INTO "price_version" VALUES('plv_01m8gp8czke90brhca4b650swx','prl_01m8gp8cxqfaqb53xf1vxa2xch',1,'published',1795856544826,1795856544826,1795856544755);
CREATE TABLE product (
    id text not null primary key,
    application_id text not null references application (id),
    code text not null unique,
    name text not null,
    -- draft, listed or unlisted.
    state text not null,
    created_ms bigint not null
);
INSERT INTO "product" VALUES('prd_01m8gp8cs9ehjb7mf744pvycjj','app_01m8gp8ceeeatrwdqvzpx1q0x6','till','Cash register','listed',1795856544553);
CREATE TABLE promo_code (
    id text not null primary key,
    -- In capitals.
    code text not null unique,
    -- What it gives and to whom, JSON; never changes.
    terms text not null,
    from_ms bigint not null,
    until_ms bigint,
    max_uses bigint,
    max_uses_per_partner bigint,
    -- How many redemptions are reserved or consumed.
    used bigint not null check (used >= 0 and (max_uses is null or used <= max_uses)),
    revoked_ms bigint,
    created_ms bigint not null
);
CREATE TABLE promo_redemption (
    id text not null primary key,
    promo_code_id text not null references promo_code (id),
    order_id text not null unique,
    partner_id text not null references partner (id),
    client_id text,
    -- reserved, consumed or released.
    state text not null,
    discount_minor bigint not null,
    currency text not null,
    created_ms bigint not null,
    changed_ms bigint not null
);
CREATE TABLE recovery_code (
    user_id text not null references app_user (id),
    -- SHA-256, hexadecimal.
    hash text not null,
    used_ms bigint,
    primary key (user_id, hash)
);
CREATE TABLE region (
    code text not null primary key,
    name_en text not null,
    name_fr text not null,
    -- The order in which regions are shown.
    position bigint not null
);
INSERT INTO "region" VALUES('uk','United Kingdom','Royaume-Uni',10);
INSERT INTO "region" VALUES('au','Australia','Australie',20);
INSERT INTO "region" VALUES('fr','France','France',30);
INSERT INTO "region" VALUES('nordics','Nordic countries','Pays nordiques',40);
INSERT INTO "region" VALUES('emea','Europe, Middle East and Africa','Europe, Moyen-Orient et Afrique',50);
INSERT INTO "region" VALUES('north_america','North America','Amérique du Nord',60);
INSERT INTO "region" VALUES('apac','Asia-Pacific','Asie-Pacifique',70);
INSERT INTO "region" VALUES('japan','Japan','Japon',80);
INSERT INTO "region" VALUES('south_america','South America','Amérique du Sud',90);
INSERT INTO "region" VALUES('brazil','Brazil','Brésil',100);
CREATE TABLE region_contact (
    region text not null references region (code),
    account_manager_id text not null references account_manager (id),
    primary key (region, account_manager_id)
);
CREATE TABLE region_rule (
    country text not null,
    version bigint not null,
    -- required or optional.
    tax_id text not null,
    since_ms bigint not null,
    primary key (country, version)
);
INSERT INTO "region_rule" VALUES('AR',1,'required',0);
INSERT INTO "region_rule" VALUES('BR',1,'required',0);
INSERT INTO "region_rule" VALUES('CL',1,'required',0);
INSERT INTO "region_rule" VALUES('CO',1,'required',0);
INSERT INTO "region_rule" VALUES('ES',1,'required',0);
INSERT INTO "region_rule" VALUES('IT',1,'required',0);
INSERT INTO "region_rule" VALUES('MX',1,'required',0);
INSERT INTO "region_rule" VALUES('PE',1,'required',0);
INSERT INTO "region_rule" VALUES('PT',1,'required',0);
CREATE TABLE released_name (
    host text not null primary key,
    partner_id text not null,
    until_ms bigint not null
);
CREATE TABLE retail_offer (
    id text not null primary key,
    partner_id text not null references partner (id),
    -- subscription, installation, training, support, hardware or other.
    kind text not null,
    name text not null,
    description text,
    amount bigint not null,
    currency text not null,
    -- once, monthly or yearly.
    billed text not null,
    plan_id text,
    -- listed or unlisted.
    state text not null,
    created_ms bigint not null
);
CREATE TABLE role_grant (
    member_id text not null references member (id),
    -- accountant or technical_support.
    role text not null,
    granted_ms bigint not null,
    primary key (member_id, role)
);
CREATE TABLE search_entry (
    id bigint not null primary key,
    -- client, licence, order, partner, tenant or user.
    kind text not null,
    object text not null,
    -- Whose it is; empty for the vendor's own.
    partner_id text not null,
    tenant_id text,
    -- What is shown of it.
    label text not null
);
INSERT INTO "search_entry" VALUES(1,'partner','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'Comptoir');
INSERT INTO "search_entry" VALUES(2,'tenant','ten_01m8gp8cp4fx2rxw8xeetfs6ca','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8cp4fx2rxw8xeetfs6ca','BUSINESS-FREE-PARTNER');
INSERT INTO "search_entry" VALUES(3,'tenant','ten_01m8gp8cp4fxnr6c5djxkev2s1','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8cp4fxnr6c5djxkev2s1','SANDBOX');
INSERT INTO "search_entry" VALUES(4,'tenant','ten_01m8gp8d6ff1zrktm3s4xwca97','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8d6ff1zrktm3s4xwca97','Le Fournil');
INSERT INTO "search_entry" VALUES(5,'client','cli_01m8gp8dnnfg4vakjkhkc4kdrq','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'Le Fournil');
INSERT INTO "search_entry" VALUES(6,'tenant','ten_01m8gp8dnnepv9kc5h277psphm','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8dnnepv9kc5h277psphm','Le Fournil');
INSERT INTO "search_entry" VALUES(7,'licence','lic_01m8gp8dnnej3br3hngbjjrbz4','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','ten_01m8gp8dnnepv9kc5h277psphm','5XRT-Z8J2-K9DT-J11T');
INSERT INTO "search_entry" VALUES(8,'order','ord_01m8gp8dnne9nr2sg93g5rmt6e','ptr_01m8gp8cgvfhdbcnsqgdfehbkb',NULL,'2026-WE30-EZQW');
CREATE TABLE search_token (
    partner_id text not null,
    token blob not null,
    entry bigint not null references search_entry (id),
    primary key (partner_id, token, entry)
);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'636F6D70746F6972',1);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'627573696E657373',2);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'627573696E65737366726565706172746E6572',2);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'66726565',2);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'706172746E6572',2);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'73616E64626F78',3);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'666F75726E696C',4);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'6C65',4);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'616E6E65',5);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'616E6E65666F75726E696C6578616D706C65',5);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'6578616D706C65',5);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'666F75726E696C',5);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'6C65',5);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'666F75726E696C',6);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'6C65',6);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'35787274',7);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'357872747A386A326B3964746A313174',7);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'6A313174',7);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'6B396474',7);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'7A386A32',7);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'32303236',8);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'3230323677653330657A7177',8);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'657A7177',8);
INSERT INTO "search_token" VALUES('ptr_01m8gp8cgvfhdbcnsqgdfehbkb',X'77653330',8);
CREATE TABLE session (
    id text not null primary key,
    -- SHA-256 of the cookie, hexadecimal.
    hash text not null unique,
    user_id text not null references app_user (id),
    -- On whose behalf: operator, partner:ID or tenant:ID.
    principal text not null,
    -- second_factor: the password was right and the code is awaited; open.
    stage text not null,
    ip text,
    created_ms bigint not null,
    seen_ms bigint not null,
    -- The latest that it ends, whatever is done with it.
    expires_ms bigint not null,
    ended_ms bigint
);
CREATE TABLE shared_key (
    id text not null primary key,
    -- ticket, cookie or assertion.
    purpose text not null,
    use_from_ms bigint not null,
    secret blob not null,
    created_ms bigint not null
);
INSERT INTO "shared_key" VALUES('c5d1cd171ff94a53','ticket',1795856543345,X'9D3FA37016CBD677979DAE55E6721240C3D1652B368070CE0EBD92955953010C76C5FD1F39C9C4B063B67942406A3E99DBCE5FE7795B3CF8202F96824598D306B6FFA824',1795856543345);
INSERT INTO "shared_key" VALUES('197a28484de4d087','cookie',1795856543345,X'9D3FA37016CBD6778041DE7AB4B824473D4720E279913DC250AD7C9FA4DCD99683961C2B4518D39B131A86D81524E4E9D89FD6F6621CBEF1613AFAA904721FB0BB673221',1795856543345);
INSERT INTO "shared_key" VALUES('4dcbc7273c0f439b','assertion',1795856543345,X'9D3FA37016CBD6778D71C624EDD5FB119A675F1810E7CE7BA2D67B44ECD30A0364A86C529A88080119CC4FE2EB293D1DA8A8A2D10A88EA4C55D129CF936BA4DD1D2908F1',1795856543345);
CREATE TABLE subscription (
    id text not null primary key,
    tenant_id text not null references tenant (id),
    partner_id text not null references partner (id),
    application_id text not null references application (id),
    client_id text,
    plan_id text not null,
    product_id text not null,
    -- monthly or yearly.
    term text not null,
    -- A JSON array of component and quantity.
    components text not null,
    -- trialing, active, past_due, suspended or ended.
    state text not null,
    -- 1 when nothing follows the period that runs.
    ends_after_period bigint not null,
    -- Periods are counted in calendar months from here, where the period `anchor_no` began.
    anchor_ms bigint not null,
    anchor_no bigint not null,
    -- The number of the period that runs: 0 for a trial, 1 for the first one.
    period_no bigint not null,
    period_start_ms bigint not null,
    period_end_ms bigint not null,
    grace_days bigint not null,
    -- What a period costs, as JSON.
    priced text,
    -- What becomes of it when the period ends, as JSON.
    scheduled text,
    -- When the task looks at it.
    next_ms bigint,
    created_ms bigint not null,
    ended_ms bigint
, told_period_no bigint not null default -1);
INSERT INTO "subscription" VALUES('sub_01m8gp8dnne4tradpmsk14tgwh','ten_01m8gp8dnnepv9kc5h277psphm','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','app_01m8gp8ceeeatrwdqvzpx1q0x6','cli_01m8gp8dnnfg4vakjkhkc4kdrq','pln_01m8gp8cvhfwsretfgde24cd45','prd_01m8gp8cs9ehjb7mf744pvycjj','monthly','[]','active',0,1795856545461,1,1,1795856545461,1798448545461,14,'{"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","version":"plv_01m8gp8czke90brhca4b650swx","currency":"EUR","product":"prd_01m8gp8cs9ehjb7mf744pvycjj","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","plan":"pln_01m8gp8cvhfwsretfgde24cd45","term":"monthly","lines":[{"code":"Production","label":"Production","quantity":1,"unit":{"amount":4900,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"}}],"net":{"amount":4900,"currency":"EUR"},"discount":{"amount":0,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"},"promo":null,"explanation":[{"code":"version","english":"The prices are of version 1 of the price list “Europe”.","french":"Les prix sont ceux de la version 1 de la liste de prix « Europe ».","amount":null},{"code":"lines","english":"The lines add up.","french":"Les lignes s’additionnent.","amount":{"amount":4900,"currency":"EUR"}}]}',NULL,1798448545461,1795856545461,NULL,-1);
CREATE TABLE support_attachment (
    message_id text not null references support_message (id),
    -- From 1 on.
    number bigint not null,
    -- As it is saved by who downloads it: cleaned.
    name text not null,
    -- image/png and others of a closed list.
    media_type text not null,
    size bigint not null,
    content blob not null,
    primary key (message_id, number)
);
CREATE TABLE support_contact (
    one bigint not null primary key check (one = 1),
    email text,
    phone text,
    hours text,
    -- For active partners only.
    partner_email text
);
INSERT INTO "support_contact" VALUES(1,NULL,NULL,NULL,NULL);
CREATE TABLE support_message (
    id text not null primary key,
    tenant_id text not null references tenant (id),
    partner_id text not null references partner (id),
    -- application, edge or portal.
    channel text not null,
    sender text not null,
    sender_email text,
    -- en or fr.
    language text not null,
    subject text not null,
    body text not null,
    -- received, routed, acknowledged, answered, escalated, vendor_closed or closed.
    state text not null,
    -- Where the mail went.
    routed_to text,
    -- Where the sender was.
    ip text,
    -- What of it the partner showed to the vendor, one space between; null until it did.
    shared text,
    received_ms bigint not null,
    changed_ms bigint not null
);
CREATE TABLE support_reply (
    id text not null primary key,
    message_id text not null references support_message (id),
    -- partner or vendor; what the vendor writes is for the partner alone.
    side text not null,
    author text not null,
    body text not null,
    at_ms bigint not null
);
CREATE TABLE tenant (
    id text not null primary key,
    partner_id text not null references partner (id),
    application_id text not null references application (id),
    name text not null,
    -- client, business_free_partner, sandbox or test.
    kind text not null,
    -- Whose it is, for a tenant of kind client that was given one.
    client_id text,
    account text,
    state text not null,
    state_reason text,
    -- Who holds a suspended tenant: operator or partner.
    suspended_by text,
    -- When the client's own administrator took it over; the partner sets it up before.
    handed_over_ms bigint,
    created_ms bigint not null
, licence text);
INSERT INTO "tenant" VALUES('ten_01m8gp8cp4fx2rxw8xeetfs6ca','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','app_01m8gp8ceeeatrwdqvzpx1q0x6','BUSINESS-FREE-PARTNER','business_free_partner',NULL,NULL,'provisioning',NULL,NULL,NULL,1795856544452,NULL);
INSERT INTO "tenant" VALUES('ten_01m8gp8cp4fxnr6c5djxkev2s1','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','app_01m8gp8ceeeatrwdqvzpx1q0x6','SANDBOX','sandbox',NULL,NULL,'provisioning',NULL,NULL,NULL,1795856544452,NULL);
INSERT INTO "tenant" VALUES('ten_01m8gp8d6ff1zrktm3s4xwca97','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','app_01m8gp8ceeeatrwdqvzpx1q0x6','Le Fournil','client',NULL,'fournil','active',NULL,NULL,NULL,1795856544975,NULL);
INSERT INTO "tenant" VALUES('ten_01m8gp8dnnepv9kc5h277psphm','ptr_01m8gp8cgvfhdbcnsqgdfehbkb','app_01m8gp8ceeeatrwdqvzpx1q0x6','Le Fournil','client','cli_01m8gp8dnnfg4vakjkhkc4kdrq',NULL,'provisioning',NULL,NULL,NULL,1795856545461,'{"state":"usable","until_ms":1799658145461,"when_over":"block"}');
CREATE TABLE tenant_payment (
    tenant_id text not null primary key references tenant (id),
    payment_method_id text not null references payment_method (id)
);
CREATE TABLE tenant_user (
    id text not null primary key,
    tenant_id text not null references tenant (id),
    user_id text not null references app_user (id),
    name text not null,
    -- administrator, manager or employee.
    role text not null,
    -- client: one of the client's own people; setup: of the partner's, who sets it up.
    side text not null,
    -- invited, active or removed.
    state text not null,
    -- When a setup access ends.
    until_ms bigint,
    created_ms bigint not null
);
CREATE TABLE trial_use (
    product_id text not null,
    -- SHA-256 of the address as it is compared, hexadecimal.
    email_hash text not null,
    order_id text not null unique,
    primary key (product_id, email_hash)
);
CREATE TABLE webhook_delivery (
    id text not null primary key,
    endpoint_id text not null references webhook_endpoint (id),
    event_seq bigint not null references outbox_event (seq),
    object text not null,
    -- pending, delivered or failed.
    state text not null,
    attempts bigint not null,
    next_ms bigint not null,
    -- What came of the last attempt.
    last_status bigint,
    last_error text,
    created_ms bigint not null,
    done_ms bigint
);
CREATE TABLE webhook_endpoint (
    id text not null primary key,
    -- None: the vendor's own, which is told of everything.
    partner_id text references partner (id),
    url text not null,
    description text not null,
    -- Kinds of events, one space between; empty for all. A kind may end in a star.
    kinds text not null,
    -- enabled or disabled.
    state text not null,
    disabled_reason text,
    -- Sealed with the store key, as is the one before, which signs too until it ends.
    secret blob not null,
    previous_secret blob,
    previous_until_ms bigint,
    -- Events up to this number have their deliveries.
    seen_seq bigint not null,
    created_ms bigint not null
);
CREATE TABLE white_label (
    tenant_id text not null primary key references tenant (id),
    -- off, configured or live.
    state text not null,
    owner_user_id text,
    primary_domain_id text references domain (id),
    app_lock bigint not null,
    -- Who gets what the client writes: partner or owner.
    contact_route text not null,
    -- The tenant's own brand, JSON; null where it is the partner's.
    brand text,
    live_since_ms bigint,
    changed_ms bigint not null
);
CREATE TABLE write_gate (
    one bigint not null primary key check (one = 1)
);
INSERT INTO "write_gate" VALUES(1);
CREATE INDEX feed_record_revision on feed_record (revision, kind, name);
CREATE INDEX audit_event_object on audit_event (object, seq);
CREATE INDEX audit_event_partner on audit_event (partner_id, seq);
CREATE INDEX audit_event_tenant on audit_event (tenant_id, seq);
CREATE UNIQUE INDEX outbox_event_object on outbox_event (object, object_seq);
CREATE INDEX outbox_event_partner on outbox_event (partner_id, seq);
CREATE INDEX idempotency_created on idempotency (created_ms);
CREATE INDEX api_token_principal on api_token (principal, id);
CREATE INDEX tenant_client on tenant (client_id);
CREATE INDEX tenant_partner on tenant (partner_id, id);
CREATE INDEX tenant_application on tenant (application_id, id);
CREATE UNIQUE INDEX tenant_account on tenant (application_id, account) where account is not null and state <> 'closed';
CREATE INDEX domain_tenant on domain (tenant_id, id);
CREATE UNIQUE INDEX domain_target_label on domain (target_label) where target_label <> '';
CREATE INDEX hostname_domain on hostname (domain_id, role);
CREATE INDEX hostname_dns_next on hostname (dns_next_ms);
CREATE INDEX hostname_renew_at on hostname (renew_at_ms);
CREATE INDEX hostname_next_attempt on hostname (next_attempt_ms);
CREATE INDEX issuance_domain on issuance (domain_id, id);
CREATE UNIQUE INDEX issuance_open on issuance (host) where state <> 'issued' and state <> 'failed';
CREATE INDEX shared_key_purpose on shared_key (purpose, use_from_ms);
CREATE INDEX hostname_certificate_state on hostname (certificate_state);
CREATE VIEW claimed_name as
select
    hostname.host as host,
    hostname.domain_id as domain_id,
    domain.tenant_id as tenant_id,
    domain.kind as kind,
    hostname.role as role,
    domain.host as main,
    domain.target_label as target_label,
    domain.txt_token as txt_token,
    domain.created_ms as created_ms,
    hostname.dns_state as dns_state,
    hostname.dns_reason as dns_reason,
    hostname.dns_checked_ms as dns_checked_ms,
    hostname.dns_next_ms as dns_next_ms,
    hostname.lost_since_ms as lost_since_ms,
    hostname.certificate_state as certificate_state,
    hostname.certificate_source as certificate_source,
    hostname.certificate_reason as certificate_reason,
    hostname.certificate_not_after_ms as certificate_not_after_ms,
    hostname.renew_at_ms as renew_at_ms,
    hostname.ends_soon_ms as ends_soon_ms,
    hostname.attempts as attempts,
    hostname.next_attempt_ms as next_attempt_ms
from hostname
join domain on domain.id = hostname.domain_id;
CREATE UNIQUE INDEX member_once on member (partner_id, user_id);
CREATE INDEX member_user on member (user_id);
CREATE UNIQUE INDEX tenant_user_once on tenant_user (tenant_id, user_id);
CREATE INDEX tenant_user_user on tenant_user (user_id);
CREATE INDEX invitation_place on invitation (place);
CREATE INDEX invitation_partner on invitation (partner_id, id);
CREATE INDEX password_reset_user on password_reset (user_id);
CREATE INDEX session_of_user on session (user_id, id);
CREATE UNIQUE INDEX client_email on client (partner_id, email_compared) where email_compared is not null;
CREATE INDEX client_partner on client (partner_id, id);
CREATE INDEX client_any_email on client (email_compared) where email_compared is not null;
CREATE INDEX client_country on client (partner_id, country, postal_code);
CREATE UNIQUE INDEX white_label_primary on white_label (primary_domain_id) where primary_domain_id is not null;
CREATE INDEX retail_offer_partner on retail_offer (partner_id, id);
CREATE INDEX payment_method_partner on payment_method (partner_id, id);
CREATE INDEX tenant_payment_method on tenant_payment (payment_method_id);
CREATE UNIQUE INDEX plan_code on plan (product_id, code);
CREATE UNIQUE INDEX component_code on component (product_id, code);
CREATE UNIQUE INDEX price_version_number on price_version (price_list_id, number);
CREATE UNIQUE INDEX price_version_effective on price_version (price_list_id, effective_ms) where state = 'published';
CREATE INDEX promo_redemption_code on promo_redemption (promo_code_id, partner_id);
CREATE INDEX partner_order_partner on partner_order (partner_id, id);
CREATE INDEX partner_order_client on partner_order (client_id, id);
CREATE INDEX partner_order_tenant on partner_order (tenant_id, id);
CREATE INDEX partner_order_po on partner_order (partner_id, po_number) where po_number is not null;
CREATE INDEX subscription_partner on subscription (partner_id, id);
CREATE INDEX subscription_tenant on subscription (tenant_id, id);
CREATE INDEX subscription_next on subscription (next_ms);
CREATE INDEX subscription_period_end on subscription (period_end_ms, id);
CREATE UNIQUE INDEX licence_serial on licence (serial) where superseded_ms is null;
CREATE INDEX licence_partner on licence (partner_id, id);
CREATE INDEX licence_tenant on licence (tenant_id, id);
CREATE INDEX licence_order on licence (order_id);
CREATE INDEX licence_subscription on licence (subscription_id);
CREATE INDEX licence_next on licence (next_ms);
CREATE INDEX licence_expires on licence (expires_ms, id);
CREATE UNIQUE INDEX activation_fingerprint on activation (licence_id, fingerprint);
CREATE INDEX activation_tenant on activation (tenant_id, id);
CREATE INDEX activation_partner on activation (partner_id, id);
CREATE UNIQUE INDEX ledger_wallet_partner on ledger_wallet (partner_id, currency);
CREATE UNIQUE INDEX ledger_tx_source on ledger_tx (source_kind, source_id, step);
CREATE INDEX ledger_tx_partner on ledger_tx (partner_id, seq);
CREATE INDEX ledger_tx_wallet on ledger_tx (wallet_id, seq);
CREATE INDEX ledger_tx_wallet_at on ledger_tx (wallet_id, at_ms);
CREATE INDEX ledger_payment_partner on ledger_payment (partner_id, id);
CREATE INDEX ledger_adjustment_partner on ledger_adjustment (partner_id, id);
CREATE INDEX consent_tenant on consent (tenant_id, id);
CREATE INDEX consent_partner on consent (partner_id, id);
CREATE INDEX consent_ends on consent (state, ends_ms);
CREATE INDEX consent_session_consent on consent_session (consent_id, id);
CREATE INDEX assignment_partner on assignment (partner_id, id);
CREATE INDEX assignment_tenant on assignment (tenant_id, id);
CREATE INDEX assignment_member on assignment (member_id, id);
CREATE UNIQUE INDEX assignment_open on assignment (member_id, tenant_id, role)
    where state = 'pending_consent' or state = 'active';
CREATE INDEX mail_next on mail (state, next_ms);
CREATE INDEX mail_partner on mail (partner_id, id);
CREATE INDEX support_message_partner on support_message (partner_id, id);
CREATE INDEX support_message_tenant on support_message (tenant_id, id);
CREATE INDEX support_message_ip on support_message (ip, received_ms);
CREATE INDEX support_message_state on support_message (state, id);
CREATE INDEX support_reply_message on support_reply (message_id, id);
CREATE INDEX idempotency_kept_until on idempotency (kept_until_ms);
CREATE INDEX webhook_endpoint_partner on webhook_endpoint (partner_id, id);
CREATE UNIQUE INDEX webhook_delivery_event on webhook_delivery (endpoint_id, event_seq);
CREATE INDEX webhook_delivery_due on webhook_delivery (state, next_ms);
CREATE INDEX webhook_delivery_object on webhook_delivery (endpoint_id, object, state, event_seq);
CREATE INDEX webhook_delivery_endpoint on webhook_delivery (endpoint_id, id);
CREATE UNIQUE INDEX search_entry_object on search_entry (kind, object, partner_id);
CREATE INDEX search_token_token on search_token (token, entry);
CREATE INDEX search_token_entry on search_token (entry, token);
CREATE INDEX client_place_partner on client_place (partner_id, latitude, longitude);
CREATE INDEX subscription_to_tell on subscription (period_end_ms, id)
    where ends_after_period = 1 and state = 'active' and told_period_no < period_no;
CREATE INDEX licence_client on licence (client_id) where superseded_ms is null and voided_ms is null;
COMMIT;
