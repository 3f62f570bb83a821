#include "tests/unit/refserver/protocol/testing.hpp"

namespace replkit::refserver::protocol::testing_ {

const std::vector<Golden>& golden_requests() {
  static const std::vector<Golden> requests{
      {"anonymous bind", bytes("30 0c 020101 60 07 020103 0400 8000")},
      {"simple bind", bytes("30 17 020102 60 12 020103 0409'cn=a,dc=x' 8002'pw'")},
      {"EXTERNAL bind", bytes("30 16 020103 60 11 020103 0400 a3 0a 0408'EXTERNAL'")},
      {"PLAIN bind with empty credentials", bytes("30 15 020104 60 10 020103 0400 a3 09 0405'PLAIN' 0400")},
      {"unbind", bytes("30 05 020105 4200")},
      {"search of the root DSE",
       bytes("30 25 020106 63 20 0400 0a0100 0a0100 020100 020100 010100 870b'objectClass' 3000")},
      {"search with every filter and a control",
       bytes("30 81 9c 020107 63 6f 0404'dc=x' 0a0102 0a0103 020203e8 02013c 0101ff"
             " a0 4f a1 1a a3 07 0402'cn' 0401'a' a4 0f 0402'sn' 30 09 8001'i' 8101'b' 8201'f'"
             " a2 09 a5 07 0401'u' 0402'10' a6 07 0401'u' 0402'99' a8 07 0402'cn' 0401'z'"
             " a9 14 8108'2.5.13.5' 8202'cn' 8301'v' 8401ff"
             " 30 06 0401'*' 0401'+'"
             " a0 26 30 24 0416'1.2.840.113556.1.4.319' 0101ff 0407 30 05 020164 0400")},
      {"modify", bytes("30 48 020108 66 43 0404'dc=x' 30 3b"
                       " 30 10 0a0100 30 0b 0401'a' 31 06 0401'1' 0401'2'"
                       " 30 0a 0a0101 30 05 0401'b' 31 00"
                       " 30 0c 0a0102 30 07 0401'c' 31 02 0400"
                       " 30 0d 0a0103 30 08 0401'n' 31 03 0401'1'")},
      {"add", bytes("30 18 020109 68 13 0404'dc=x' 30 0b 30 09 0402'dc' 31 03 0401'x'")},
      {"delete", bytes("30 09 02010a 4a04'dc=x'")},
      {"modify DN to a new superior", bytes("30 1f 02010b 6c 1a 0409'cn=a,dc=x' 0404'cn=b' 0101ff 8004'dc=y'")},
      {"modify DN", bytes("30 19 02010c 6c 14 0409'cn=a,dc=x' 0404'cn=b' 010100")},
      {"compare", bytes("30 14 02010d 6e 0f 0404'dc=x' 30 07 0402'dc' 0401'X'")},
      {"abandon", bytes("30 0a 02047fffffff 50020080")},
      {"extended without a value", bytes("30 1e 02010f 77 19 8017'1.3.6.1.4.1.4203.1.11.3'")},
      {"extended with a value", bytes("30 19 020110 77 14 800b'1.3.6.1.1.8' 8105 30 03 020105")},
  };
  return requests;
}

}  // namespace replkit::refserver::protocol::testing_
