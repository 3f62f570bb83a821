# Writes OUT: the files of FOLDER named in NAMES as bundled_schemas(). usage: cmake -DFOLDER=... -DNAMES=a,b -DOUT=... -P
set(text "#include \"tests/refserver/schema/bundled.hpp\"\n\nnamespace replkit::refserver::schema {\n\n")
string(APPEND text "std::span<const BundledSchema> bundled_schemas() {\n  static constexpr BundledSchema all[] = {\n")
string(REPLACE "," ";" names "${NAMES}")
foreach(name ${names})
  # Not as a list: the text has semicolons and brackets. A literal of this compiler may be as long as it likes.
  file(READ "${FOLDER}/${name}.schema" content)
  string(APPEND text "      {\"${name}\", R\"schema(${content})schema\"},\n")
endforeach()
string(APPEND text "  };\n  return all;\n}\n\n}  // namespace replkit::refserver::schema\n")
file(WRITE "${OUT}" "${text}")
