#include "weights/pickle/pickle.h"

#include "builders.h"
#include "contains.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

namespace {

std::vector<PickledTensor> read(const std::string& code) {
  return read_pickled_tensors({reinterpret_cast<const std::uint8_t*>(code.data()), code.size()}, "test.pth");
}

std::string refusal(const std::string& code) {
  const Error error = error_of([&] { read(code); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("'test.pth'") != std::string::npos);
  CHECK(error.message().find('\n') == std::string::npos);
  return error.message();
}

const std::string one = pickled_tensor("0", 4, 0, {2, 2}, {2, 1});

}  // namespace

TEST_CASE("code in a pickle is refused by name and never run") {
  CHECK(contains(refusal("\x80\x02"
                         "cos\nsystem\n" +
                         pickled_text("id") + "\x85R."),
                 "refuses to import os.system"));
  CHECK(contains(refusal("cposix\nsystem\n."), "refuses to import posix.system"));
  CHECK(contains(refusal("\x80\x04\x8c\x08"
                         "builtins\x8c\x04"
                         "eval\x93."),
                 "refuses to import builtins.eval"));
  CHECK(contains(refusal("c__builtin__\nexec\n."), "refuses to import __builtin__.exec"));
  CHECK(contains(refusal("ctorch\nload\n."), "refuses to import torch.load"));
  CHECK(contains(refusal("ctorch._utils\n_rebuild_tensor\n."), "torch._utils._rebuild_tensor"));
  CHECK(contains(refusal("ctorch.jit\n_pickle.build\n."), "torch.jit._pickle.build"));
  CHECK(contains(refusal(std::string("cos\x1b[2J\nsystem\n.")), "os?[2J.system"));
  CHECK(contains(refusal("(S'id'\nios\nsystem\n."), "instruction 0x53"));
  CHECK(contains(refusal("(ios\nsystem\n."), "instruction 0x69"));
  CHECK(contains(refusal("ccollections\nOrderedDict\n)\x81."), "instruction 0x81"));
  CHECK(contains(refusal("ctorch\nSize\n)\x81."), "instruction 0x81"));
}

TEST_CASE("allowed names can only be used for what they are") {
  CHECK(contains(refusal("ctorch\nFloatStorage\n)R."), "which is no function"));
  CHECK(contains(refusal("ctorch\nfloat32\n)R."), "which is no function"));
  CHECK(contains(refusal("ccollections\nOrderedDict\n" + pickled_tuple({1}) + "R."), "wrong arguments"));
  CHECK(contains(refusal("ctorch._utils\n_rebuild_tensor_v2\n)R."), "wrong arguments"));
  CHECK(contains(refusal(pickled_tuple({1}) + ")R."), "where a function to call belongs"));
  CHECK(contains(refusal("(" + pickled_text("file") + "NNNNtQ."), "no storage"));
  CHECK(contains(refusal("(" + pickled_text("storage") + "ctorch\nfloat32\n" + pickled_text("0") + "NK\1tQ."),
                 "no storage"));
  CHECK(contains(refusal("NNb."), "state"));
}

TEST_CASE("memo, marks and stack are checked") {
  CHECK(contains(refusal("h\7."), "recalls a value it never stored"));
  CHECK(contains(refusal("j" + little_endian(0xfffffff0u) + "."), "recalls a value it never stored"));
  CHECK(contains(refusal("q\1."), "empty stack"));
  CHECK(contains(refusal("t."), "lacks a mark"));
  CHECK(contains(refusal("N(0e."), "lacks a mark"));
  CHECK(contains(refusal("N(R."), "empty stack"));
  CHECK(contains(refusal("}(Nu."), "a key without a value"));
  CHECK(contains(refusal("N(NNu."), "no dictionary"));
  CHECK(contains(refusal("}Na."), "no list"));
  CHECK(contains(refusal("NN."), "no single value"));
  CHECK(contains(refusal("."), "no single value"));
  CHECK(contains(refusal("N"), "has no end"));
  CHECK(contains(refusal(""), "has no end"));
  CHECK(contains(refusal("\x80\x09."), "unknown protocol 9"));
  CHECK(contains(refusal("X" + little_endian(0xfffffff0u) + "abc"), "ends at byte"));
  CHECK(contains(refusal("\x8d" + little_endian(UINT64_MAX) + "abc"), "ends at byte"));
  CHECK(contains(refusal("cos"), "ends at byte"));
  CHECK(contains(refusal("N."), "no dictionary of tensors"));
}

TEST_CASE("a memo slot may have any number without costing memory") {
  const auto tensors = read("\x80\x02}r" + little_endian(0xfffffff0u) + "(" + pickled_text("w") + one +
                            "u0j" + little_endian(0xfffffff0u) + ".");
  CHECK(tensors.at(0).name == "w");
}

TEST_CASE("a dictionary that contains itself, deep nesting and a billion laughs end in an error") {
  CHECK(contains(refusal("}q\1(" + pickled_text("self") + "h\1u."), "contain themselves"));

  std::string deep = "\x80\x02}";
  for (int i = 0; i < 100'000; ++i) deep += "}" + pickled_text("a");
  deep += "}";
  for (int i = 0; i < 100'000; ++i) deep += "s";
  refusal(deep + ".");

  std::string nested;
  for (int i = 0; i < 40; ++i) nested += "}" + pickled_text("a");
  nested += "}";
  for (int i = 0; i < 40; ++i) nested += "s";
  CHECK(contains(refusal(nested + "."), "nest deeper than 32"));

  std::string laughs = "}q" + std::string(1, '\0') + "0";
  for (char level = 1; level < 30; ++level) {
    const std::string previous = "h" + std::string(1, static_cast<char>(level - 1));
    laughs += "}(" + pickled_text("a") + previous + pickled_text("b") + previous + "uq" +
              std::string(1, level) + "0";
  }
  CHECK(contains(refusal(laughs + "h\x1d."), "a million items"));

  std::string lists = "]";
  for (int i = 0; i < 100'000; ++i) lists += "]";
  for (int i = 0; i < 100'000; ++i) lists += "a";
  CHECK(contains(refusal(lists + "."), "no dictionary of tensors"));
}

TEST_CASE("two tensors of one name are refused") {
  const std::string nested = "}(" + pickled_text("b") + one + "u";
  CHECK(contains(refusal(pickled_dict({{"a.b", one}, {"a", nested}})), "two tensors 'a.b'"));
  CHECK(contains(refusal(pickled_dict({{"a", one}, {"a", one}})), "two tensors 'a'"));
}

TEST_CASE("nested dictionaries flatten, leaves that are no tensors are skipped") {
  const std::string inner = "}(" + pickled_text("b") + one + pickled_text("c") + "Nu";
  const auto tensors =
      read(pickled_dict({{"a", inner}, {"epoch", pickled_int(3)}, {"list", "](" + one + "e"}, {"d", one}}));
  REQUIRE(tensors.size() == 2);
  CHECK(tensors[0].name == "a.b");
  CHECK(tensors[1].name == "d");
  CHECK(tensors[1].shape == std::vector<std::int64_t>{2, 2});
  CHECK(tensors[1].strides == std::vector<std::int64_t>{2, 1});
  CHECK(tensors[1].storage.key == "0");
  CHECK(tensors[1].storage.size == 4);

  const auto numbered = read("\x80\x02}(" + pickled_int(7) + one + "u.");
  CHECK(numbered.at(0).name == "7");
}

TEST_CASE("numbers of all widths") {
  const auto offset_of = [](const std::string& number) {
    return read("\x80\x02}(" + pickled_text("w") + "ctorch._utils\n_rebuild_tensor_v2\n(" +
                pickled_storage("torch\nFloatStorage", "0", 8) + number + "))\x89NtRu.")
        .at(0)
        .offset;
  };
  CHECK(offset_of("K\xff") == 255);
  CHECK(offset_of("M\x34\x12") == 0x1234);
  CHECK(offset_of("J" + little_endian(0x12345678)) == 0x12345678);
  CHECK(offset_of("\x8a\x05" + little_endian(std::int64_t{1} << 33).substr(0, 5)) == std::uint64_t{1} << 33);
  CHECK(offset_of(std::string("\x8a\0", 2)) == 0);
  CHECK(offset_of("\x8b" + little_endian(2) + std::string("\x80\0", 2)) == 128);
  const std::string negative = "\x80\x02}(" + pickled_text("w") + "ctorch._utils\n_rebuild_tensor_v2\n(" +
                               pickled_storage("torch\nFloatStorage", "0", 8) + "\x8a\x01\xff))\x89NtRu.";
  CHECK(contains(refusal(negative), "a negative number where a storage offset belongs"));
  const std::string huge = "\x80\x02}(" + pickled_text("w") + "ctorch._utils\n_rebuild_tensor_v2\n(" +
                           pickled_storage("torch\nFloatStorage", "0", 8) + "\x8a\x09" +
                           std::string(9, '\x7f') + "))\x89NtRu.";
  CHECK(contains(refusal(huge), "something else where a storage offset belongs"));
}

TEST_CASE("plain data beside the weights are read over, whatever is put into them") {
  const std::string tensor = pickled_tensor("0", 6, 0, {6}, {1});
  const std::string one = pickled_int(1), numpy = "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\n";
  for (const std::string& value :
       {"cargparse\nNamespace\n)\x81}" + pickled_text("lr") + one + "sb",
        "ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R(" + pickled_text("a") + one + "u",
        numpy + "(" + pickled_text("f8") + one + one + "tR" + pickled_text("8 bytes ") + "\x86R",
        "ccollections\ndeque\n)R(" + one + one + "e", "ccollections\ndeque\n)R" + one + "a",
        "c_codecs\nencode\n" + pickled_text("a") + pickled_text("latin1") + "\x86R"}) {
    const auto tensors =
        read("\x80\x02}(" + pickled_text("args") + value + pickled_text("w") + tensor + "u.");
    REQUIRE(tensors.size() == 1);
    CHECK(tensors[0].name == "w");
  }
}
