#include "tests/refserver/auth/password.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/refserver/auth/digest_md5.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/unit/refserver/auth/fake_secrets.hpp"

namespace replkit::refserver::auth {
namespace {

struct Vector {
  const char* maker;
  std::string_view stored;
};

// "correct horse" in every scheme, made by other programs.
constexpr Vector vectors[] = {
    {"slappasswd", "{SSHA}nQbiDfcGcElzCYp8exGisyEgl4QtUDL0"},
    {"slappasswd", "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A="},
    {"slappasswd", "{SMD5}fy3v8H5zJoKTb7lZfX/UjLvHrsg="},
    {"slappasswd", "{MD5}PLTnMmMfR+brlh80VUt83g=="},
    {"pw-sha2", "{SSHA256}8X22lvnJdAqt1JSWnumEU+Kx1aogmKksgewxjZ6iuEHR/vg7sK/sjQ=="},
    {"pw-sha2", "{SHA256}QQTTb42iwlQ0n4WDZ5Pr4CngyVcGOjTJHC6SAxh7VjE="},
    {"pw-sha2", "{SSHA384}K1UYE2lrRY9FrpfHMo4EiXKbZ08gQ9yzVXMIA47orLrFtusqs/RyxphMgP+kFbC4voqm0vMJjh8="},
    {"pw-sha2", "{SHA384}ArIKby67E2Cppg9M+QhXNj7UGcAisSFWfOX5HG45Zk+3j9YCNMSli1v8cUWumDKS"},
    {"pw-sha2",
     "{SSHA512}Nqx+VgFrm5uiaO5r8FMeCiBaDXGxhNS1Mgj/3q6UBpAV3tIi0hzFrPnD/K0fB2mx7xZARU5QJrAtql5i58eDmksFmFsbtxHD"},
    {"pw-sha2", "{SHA512}VraY3v7bWkNbY0r+MyC7rz/c2SC2xQOkRvx7endrKY1HnRumqLYXgI6wv1ec6aldZoNHvKtxSQhayTyyeZUZew=="},
    {"pw-pbkdf2", "{PBKDF2}10000$svRocqNow7YlkPi3Q8Nk3g$9aa1ljGisLer/Wn77xY5LJ13iDg"},
    {"pw-pbkdf2", "{PBKDF2-SHA1}10000$GA62/orWERrm.EdzjMX9Zg$dVP0eqxveYYI0iqrrnteVEga3Eg"},
    {"pw-pbkdf2", "{PBKDF2-SHA256}10000$4uyNGYNbk6U2hrT.zRQIQg$KRBy/GIuY5qy8V9j66TjVaHKWuMDDmdRIDX/fkit4uE"},
    {"pw-pbkdf2",
     "{PBKDF2-SHA512}10000$ei1Nspb4WDGvpE.MrRhwlg$OlcdWiItA2daGQt0TGBCkAHSVObA56rCSWWBofMDsYNbY2rLv3fQ/yY/"
     "MKuPYdMX/oDHERrXBIHgYTAFahhUog"},
    {"slappasswd",
     "{CRYPT}$6$nCRhuUV97F0hgqYJ$Z4nXanlpcbg128c/j5.JeT4bn2Nw1wNxYQfmW0HcavZqigZhSsShKfRvYRUWVDLwNVVHwqOaRD9D1/X/"
     "ZVfyp0"},
    {"openssl passwd -5", "{CRYPT}$5$uLJqYcc3vAmqRLy1$uLaRMZJrluxdphqODJ4rOcHcOFhzN.dP9L8cYI9VWA2"},
    {"openssl passwd -1", "{CRYPT}$1$Do.wkl4v$kehfySjk4Qc0coSedF1Hv."},
    {"crypt(3)", "{CRYPT}$y$j75$ravBnGxB.mGKHIcqaR0Yl.$CT0.7lBV0GzOmJ7f6aayBKpAtkTZerFKSFa73QsOezB"},
    {"crypt(3)", "{CRYPT}$y$j9T$e0dqsR/6Dfi3BHuVbh5rx/$ln974z5prgFGTHssGMT/gvqP6846RwAmnZHoJSGPntB"},
    {"crypt(3)", "{CRYPT}$2b$06$ODANS8xKDSMjT6dHD4SDJOcq0vViroaKsUp9Kl.DpoOFNBI0vcfqG"},
    {"slapd's argon2",
     "{ARGON2}$argon2i$v=19$m=4096,t=3,p=1$1005Cz5qF2QDRldh8waDcA$q+GOwzqjS0azmJdlSJ6wIcI2iO9XyplO2bAe9dreFnU"},
    {"argon2 -i",
     "{ARGON2}$argon2i$v=19$m=4096,t=3,p=1$c2FsdHNhbHQwMTIzNDU2Nw$LtuB2pKm3dIvCLnokNqNCkakjj6KMa4l29VH82panaU"},
    {"argon2 -d",
     "{ARGON2}$argon2d$v=19$m=4096,t=3,p=1$c2FsdHNhbHQwMTIzNDU2Nw$PmgZQL1/EadCTlWMt4KEWPOWQtZ0jTfDoU/yAR1mpnM"},
    {"argon2 -id",
     "{ARGON2}$argon2id$v=19$m=4096,t=3,p=1$c2FsdHNhbHQwMTIzNDU2Nw$SHTc/xtPHcAmtOSrKKULW/0WXn/JqM1sO/UzZXUciHg"},
    {"argon2 -id -p 2",
     "{ARGON2}$argon2id$v=19$m=19456,t=2,p=2$c2FsdHNhbHQwMTIzNDU2Nw$ur3ryGDwU1uWNaYBQt9o53xyBvSV6dxw4ITxgTQDdXA"},
};

TEST(Password, FitsTheHashesOfOtherPrograms) {
  for (const auto& [maker, stored] : vectors) {
    SCOPED_TRACE(std::string(maker) + ": " + std::string(stored));
    EXPECT_TRUE(is_hashed(stored));
    EXPECT_TRUE(password_fits(Secret("correct horse"), stored));
    EXPECT_FALSE(password_fits(Secret("correct hors"), stored));
    EXPECT_FALSE(password_fits(Secret("correct horsf"), stored));
    EXPECT_FALSE(password_fits(Secret(std::string_view("correct horse\0x", 15)), stored));
    EXPECT_FALSE(password_fits(Secret(""), stored));
  }
}

TEST(Password, NoHashFitsWhenItsTextIsCutOrChanged) {
  for (const auto& [maker, stored] : vectors) {
    if (stored.find("m=19456") != stored.npos || stored.find("j9T") != stored.npos) continue;  // slow; as the others
    SCOPED_TRACE(std::string(maker) + ": " + std::string(stored));
    const auto end = stored.find('}') + 1;
    EXPECT_FALSE(password_fits(Secret("correct horse"), stored.substr(0, end)));
    EXPECT_FALSE(password_fits(Secret("correct horse"), stored.substr(0, stored.size() - 1)));
    EXPECT_FALSE(password_fits(Secret("correct horse"), stored.substr(0, (end + stored.size()) / 2)));
    EXPECT_FALSE(password_fits(Secret("correct horse"), std::string(stored) + '\0'));
    EXPECT_FALSE(password_fits(Secret("correct horse"), std::string(stored) + "$"));
    std::string changed(stored);
    changed[end + 6] = changed[end + 6] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(password_fits(Secret("correct horse"), changed));
  }
}

TEST(Password, SchemesAreKnownWhateverTheirCase) {
  EXPECT_TRUE(password_fits(Secret("correct horse"), "{ssha}nQbiDfcGcElzCYp8exGisyEgl4QtUDL0"));
  EXPECT_TRUE(is_hashed("{Argon2}x"));
}

TEST(Password, TheVectorOfRfc7677) {
  constexpr std::string_view secret =
      "4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
      "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
  EXPECT_TRUE(password_fits(Secret("pencil"), "{SCRAM-SHA-256}" + std::string(secret)));
  EXPECT_FALSE(password_fits(Secret("pencils"), "{SCRAM-SHA-256}" + std::string(secret)));
}

TEST(Password, WhatIsNoHashIsCleartext) {
  for (const char* text : {"", "secret", "{", "{}", "{}x", "{SSHA", "{CLEARTEXT}secret", "{what}ever", " {SSHA}x"}) {
    EXPECT_FALSE(is_hashed(text)) << text;
    EXPECT_FALSE(password_fits(Secret(text), text)) << text;
  }
}

TEST(Password, ForeignHashesAreNotTakenForCleartext) {
  for (const char* text : {"{SASL}user@REALM", "{PBKDF2_SHA256}AAAIAA", "{UNIX}root", "{CRYPT}abJnggxhB/yWI"}) {
    EXPECT_TRUE(is_hashed(text)) << text;
    EXPECT_FALSE(password_fits(Secret(text), text)) << text;
  }
}

TEST(Password, CostsThatWouldStopTheServerNeverFit) {
  // Each would take gigabytes or minutes if it were computed: the time limit of the test is part of it.
  for (const char* stored : {
           "{ARGON2}$argon2id$v=19$m=8388608,t=1,p=1$c2FsdHNhbHQwMTIzNDU2Nw$SHTc/xtPHcAmtOSrKKULW/0WXn/"
           "JqM1sO/UzZXUciHg",
           "{ARGON2}$argon2id$v=19$m=8,t=4294967295,p=1$c2FsdHNhbHQwMTIzNDU2Nw$SHTc/xtPHcAmtOSrKKULW/0WXn/"
           "JqM1sO/UzZXUciHg",
           "{ARGON2}$argon2id$v=19$m=262144,t=100,p=1$c2FsdHNhbHQwMTIzNDU2Nw$SHTc/xtPHcAmtOSrKKULW/0WXn/"
           "JqM1sO/UzZXUciHg",
           "{ARGON2}$argon2id$v=19$m=134217728,t=1,p=16777215$c2FsdHNhbHQwMTIzNDU2Nw$SHTc/xtPHcAmtOSrKKULW/0WXn/"
           "JqM1sO/UzZXUciHg",
           "{ARGON2}$argon2id$v=19$m=18446744073709551617,t=1,p=1$c2FsdHNhbHQwMTIzNDU2Nw$SHTc/xtPHcAmtOSrKKULW",
           "{PBKDF2-SHA512}4294967295$svRocqNow7YlkPi3Q8Nk3g$9aa1ljGisLer/Wn77xY5LJ13iDg",
           "{PBKDF2-SHA256}0$4uyNGYNbk6U2hrT.zRQIQg$KRBy/GIuY5qy8V9j66TjVaHKWuMDDmdRIDX/fkit4uE",
           "{CRYPT}$6$rounds=999999999$nCRhuUV97F0hgqYJ$Z4nXanlpcbg128c/j5",
           "{CRYPT}$2b$31$ODANS8xKDSMjT6dHD4SDJOcq0vViroaKsUp9Kl.DpoOFNBI0vcfqG",
           "{CRYPT}$y$jFT$Fo5MxztTawR4Q5SmgL4bY1$ln974z5prgFGTHssGMT/gvqP6846RwAmnZHoJSGPntB",
           "{CRYPT}$y$j9T.5$Fo5MxztTawR4Q5SmgL4bY1$ln974z5prgFGTHssGMT/gvqP6846RwAmnZHoJSGPntB",
           "{CRYPT}$7$zzzz....kwBXfsgWPOTQi4It/QjMp.$EGr33ubn/KblL0DOnlzb3JNvm8gg4iucUO7KZDfUiw.",
           "{SCRAM-SHA-256}4294967295:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
           "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
       }) {
    EXPECT_TRUE(is_hashed(stored)) << stored;
    EXPECT_FALSE(password_fits(Secret("correct horse"), stored)) << stored;
  }
}

TEST(Password, HashedOnesFitAndAreSalted) {
  const auto first = hash_password(Secret("correct horse"), cheap);
  const auto second = hash_password(Secret("correct horse"), cheap);
  EXPECT_TRUE(first.user_password.starts_with("{ARGON2}$argon2id$v=19$m=64,t=1,p=1$")) << first.user_password;
  EXPECT_TRUE(first.auth_password.starts_with("SCRAM-SHA-256$4096:")) << first.auth_password;
  EXPECT_NE(first.user_password, second.user_password);
  EXPECT_NE(first.auth_password, second.auth_password);
  EXPECT_TRUE(password_fits(Secret("correct horse"), first.user_password));
  EXPECT_FALSE(password_fits(Secret("Correct horse"), first.user_password));
}

TEST(Password, SpellingsOfOneTextAreOnePassword) {
  const auto stored = hash_password(Secret("p\u00e4ssw\u00f6rd\u00a0\u2168"), cheap).user_password;
  EXPECT_TRUE(password_fits(Secret("pa\u0308sswo\u0308rd IX"), stored));  // decomposed; RFC 4013 3: IX for U+2168
  EXPECT_TRUE(password_fits(Secret("p\u00ad\u00e4ssw\u00f6rd IX"), stored));
  EXPECT_FALSE(password_fits(Secret("p\u00c4ssw\u00f6rd IX"), stored));
}

TEST(Password, ImportedHashesOfUnpreparedTextFit) {
  const std::string decomposed = "pa\u0308ssword";
  // argon2 -id, of the composed and of the decomposed form.
  EXPECT_TRUE(password_fits(Secret(decomposed),
                            "{ARGON2}$argon2id$v=19$m=1024,t=2,p=1$c2FsdHNhbHQwMTIzNDU2Nw$"
                            "Rm44I6xlDmNKD9lGuVyVOe4TCfnuCicWQ7vzUBdV7sg"));
  EXPECT_TRUE(password_fits(Secret("\u00aa"), "{SHA}OEaejqjnLQuInxkFGV4vS3m1u1A="));
}

TEST(Password, AnyOctetsMayBeOne) {
  for (const std::string_view octets :
       {std::string_view("\xff\xfe\x00\x01", 4), std::string_view("a\0b", 3), std::string_view("\u00ad"),
        std::string_view("\x07 bell"), std::string_view("\xd8\xa7\x31", 3), std::string_view("\xf0\x9f\xa6\x84")}) {
    const auto stored = hash_password(Secret(octets), cheap).user_password;
    EXPECT_TRUE(password_fits(Secret(octets), stored));
    EXPECT_FALSE(password_fits(Secret(octets.substr(0, octets.size() - 1)), stored));
  }
}

TEST(Password, LengthIsBounded) {
  const std::string longest(max_password_size, 'x');
  const auto stored = hash_password(Secret(longest), cheap).user_password;
  EXPECT_TRUE(password_fits(Secret(longest), stored));
  EXPECT_FALSE(password_fits(Secret(longest + "x"), stored));
  for (const auto& bad : {std::string(), longest + "x", std::string(64 << 20, 'x')}) {
    try {
      hash_password(Secret(bad), cheap);
      ADD_FAILURE() << bad.size();
    } catch (const protocol::Refusal& refusal) {
      EXPECT_EQ(refusal.result().code, protocol::ResultCode::constraint_violation);
    }
  }
}

TEST(Password, TheLongestExpansionStaysInBounds) {
  std::string text;
  while (text.size() + 3 <= max_password_size) text += "\uFDFA";  // becomes 18 letters
  const auto stored = hash_password(Secret(text), cheap).user_password;
  EXPECT_TRUE(password_fits(Secret(text), stored));
  EXPECT_FALSE(password_fits(Secret(text.substr(3)), stored));
}

TEST(Password, TheVectorOfRfc2831) {
  // The secret with which the response in the example of RFC 2831 4 comes out as printed.
  const auto value = digest_md5_secret("chris", "elwood.innosoft.com", Secret("secret"));
  EXPECT_EQ(value, "DIGEST-MD5$Y2hyaXM=:ZWx3b29kLmlubm9zb2Z0LmNvbQ==$61p1AFPk0sNKqEu8mwtu5w==");
  EXPECT_TRUE(parse_digest_md5(value, "chris", "elwood.innosoft.com"));
  EXPECT_FALSE(parse_digest_md5(value, "christ", "elwood.innosoft.com"));
  EXPECT_FALSE(parse_digest_md5(value, "chris", "elwood.innosoft.co"));
  EXPECT_FALSE(parse_digest_md5(value + "$", "chris", "elwood.innosoft.com"));
  EXPECT_FALSE(parse_digest_md5(value.substr(0, value.size() - 4), "chris", "elwood.innosoft.com"));
}

TEST(Password, DigestResponsesAreListsWithoutRepetition) {
  for (const char* good :
       {"", "a=b", "a=\"b\",c=d", " a = \"b,c=d\" , c=\"\\\"\",", "username=\"\",realm=\"username=\""}) {
    EXPECT_TRUE(is_digest_response(good)) << good;
  }
  for (const char* bad : {"a", "a=b c", "a=\"b", "=b", "a=b,A=c", "a=\"x\\\"", "a\"=b,a\"=c", "a=b\"c\"", "a=\"b\"c"}) {
    EXPECT_FALSE(is_digest_response(bad)) << bad;
  }
  EXPECT_FALSE(is_digest_response(std::string_view("a=b\0", 4)));
}

TEST(Password, GeneratedOnesDiffer) {
  std::set<std::string> seen;
  std::set<char> letters;
  for (int i = 0; i < 200; ++i) {
    const Secret password = generate_password();
    EXPECT_EQ(password.reveal().size(), 20U);
    seen.emplace(password.reveal());
    letters.insert(password.reveal().begin(), password.reveal().end());
  }
  EXPECT_EQ(seen.size(), 200U);
  EXPECT_EQ(letters.size(), 62U);
}

TEST(Password, ManyAtOnce) {
  const auto stored = hash_password(Secret("correct horse"), cheap).user_password;
  std::atomic<int> fitting = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      if (password_fits(Secret(i % 2 ? "correct horse" : "wrong"), stored)) ++fitting;
    });
  }
  threads.clear();
  EXPECT_EQ(fitting, 8);
}

}  // namespace
}  // namespace replkit::refserver::auth
