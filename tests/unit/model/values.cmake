replkit_test(model_values_test
  SOURCES matching_test.cpp
  LINK replkit_model replkit_base)
