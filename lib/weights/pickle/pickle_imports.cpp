#include <algorithm>
#include <array>

#include "weights/pickle/pickle_machine.h"

namespace turbodiff::weights {
namespace {

struct NamedDtype {
  std::string_view name;
  Dtype dtype;
};

constexpr std::array<NamedDtype, 10> storages = {{{"DoubleStorage", Dtype::f64},
                                                  {"FloatStorage", Dtype::f32},
                                                  {"HalfStorage", Dtype::f16},
                                                  {"BFloat16Storage", Dtype::bf16},
                                                  {"LongStorage", Dtype::i64},
                                                  {"IntStorage", Dtype::i32},
                                                  {"ShortStorage", Dtype::i16},
                                                  {"CharStorage", Dtype::i8},
                                                  {"ByteStorage", Dtype::u8},
                                                  {"BoolStorage", Dtype::boolean}}};

constexpr std::array<NamedDtype, 18> dtypes = {{{"float64", Dtype::f64},
                                                {"double", Dtype::f64},
                                                {"float32", Dtype::f32},
                                                {"float", Dtype::f32},
                                                {"float16", Dtype::f16},
                                                {"half", Dtype::f16},
                                                {"bfloat16", Dtype::bf16},
                                                {"float8_e4m3fn", Dtype::f8_e4m3},
                                                {"float8_e5m2", Dtype::f8_e5m2},
                                                {"int64", Dtype::i64},
                                                {"long", Dtype::i64},
                                                {"int32", Dtype::i32},
                                                {"int", Dtype::i32},
                                                {"int16", Dtype::i16},
                                                {"short", Dtype::i16},
                                                {"int8", Dtype::i8},
                                                {"uint8", Dtype::u8},
                                                {"bool", Dtype::boolean}}};

/// Element types that a file may have and nobody here can read.
constexpr std::array<std::string_view, 8> unreadable_storages = {
    "ComplexFloatStorage", "ComplexDoubleStorage", "QInt8Storage",    "QUInt8Storage",
    "QInt32Storage",       "QUInt4x2Storage",      "QUInt2x4Storage", "Float8_e4m3fnuzStorage"};
constexpr std::array<std::string_view, 17> unreadable_dtypes = {
    "complex32", "complex64", "complex128", "chalf",           "cfloat",          "cdouble",
    "uint16",    "uint32",    "uint64",     "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu",
    "qint8",     "quint8",    "qint32",     "bits8",           "float4_e2m1fn_x2"};

/// Classes and functions that only hold or make plain data. None of them is ever called.
constexpr std::array<std::string_view, 34> data_names = {"argparse.Namespace",
                                                         "types.SimpleNamespace",
                                                         "easydict.EasyDict",
                                                         "collections.defaultdict",
                                                         "collections.Counter",
                                                         "collections.deque",
                                                         "datetime.datetime",
                                                         "datetime.timedelta",
                                                         "pathlib.Path",
                                                         "pathlib.PosixPath",
                                                         "pathlib.WindowsPath",
                                                         "_codecs.encode",
                                                         "numpy.ndarray",
                                                         "numpy.dtype",
                                                         "numpy.core.multiarray.scalar",
                                                         "numpy.core.multiarray._reconstruct",
                                                         "numpy._core.multiarray.scalar",
                                                         "numpy._core.multiarray._reconstruct",
                                                         "builtins.set",
                                                         "builtins.frozenset",
                                                         "builtins.list",
                                                         "builtins.dict",
                                                         "builtins.int",
                                                         "builtins.float",
                                                         "builtins.complex",
                                                         "builtins.bytearray",
                                                         "builtins.range",
                                                         "builtins.slice",
                                                         "__builtin__.set",
                                                         "__builtin__.list",
                                                         "__builtin__.dict",
                                                         "__builtin__.int",
                                                         "__builtin__.complex",
                                                         "__builtin__.bytearray"};

template <typename Names>
bool is_one_of(std::string_view name, const Names& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

ImportMeaning meaning_of(std::string_view name) {
  if (name == "collections.OrderedDict") return {Import::ordered_dict};
  if (name == "torch._utils._rebuild_tensor_v2") return {Import::rebuild_tensor_v2};
  if (name == "torch._utils._rebuild_tensor_v3") return {Import::rebuild_tensor_v3};
  if (name == "torch._utils._rebuild_parameter") return {Import::rebuild_parameter};
  if (name == "torch.Size") return {Import::size};
  if (name == "torch.device") return {Import::device};
  if (name == "torch.storage.UntypedStorage") return {Import::storage, Dtype::u8, true};
  if (is_one_of(name, data_names)) return {Import::data};
  constexpr std::string_view prefix = "torch.";
  if (!name.starts_with(prefix)) return {};
  const std::string_view attribute = name.substr(prefix.size());
  for (const auto& [known, dtype] : storages)
    if (attribute == known) return {Import::storage, dtype};
  for (const auto& [known, dtype] : dtypes)
    if (attribute == known) return {Import::dtype, dtype};
  for (const std::string_view known : unreadable_storages)
    if (attribute == known) return {Import::storage, Dtype::u8, true, known};
  for (const std::string_view known : unreadable_dtypes)
    if (attribute == known) return {Import::dtype, Dtype::u8, false, known};
  return {};
}

}  // namespace turbodiff::weights
