replkit_test(model_naming_test
  SOURCES dn_property_test.cpp dn_test.cpp schema_parser_test.cpp schema_test.cpp subtree_specification_test.cpp
  LINK replkit_model replkit_base)
