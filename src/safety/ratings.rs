//! What is known about names that pickles import.
//!
//! A name is looked up as it is, then without its last part, and so on: what is said of a module goes for all in it, unless more is known. What is
//! inert is inert by its full name only. The lists are of facts that scanners of pickles have made public, and of what the standard library
//! and the frameworks do.

use super::Rating;
use crate::codec::pickle::{COMPUTED, modern};
use crate::sort;

const COMMANDS: &str = "runs commands of the operating system";
const CODE: &str = "runs code that is given as text or bytes";
/// The reasons that say plainest what a pickle is up to.
pub const RUNS: [&str; 2] = [COMMANDS, CODE];

/// A rating, why, and the names that it goes for.
type Group = (Rating, &'static str, &'static str);

const GROUPS: &[Group] = &[
    (
        Rating::Dangerous,
        COMMANDS,
        "os posix nt subprocess _posixsubprocess _winapi pty popen2 commands platform.popen _aix_support _osx_support \
         asyncio.create_subprocess_exec asyncio.create_subprocess_shell asyncio.subprocess asyncio.base_events asyncio.unix_events \
         asyncio.windows_events multiprocessing.util.spawnv_passfds pydoc.pipepager pydoc.tempfilepager _pyrepl.pager uuid._popen \
         uuid._get_command_stdout test.support webbrowser antigravity torch.utils.collect_env torch.utils.cpp_extension numpy.f2py \
         numpy.distutils imaplib.IMAP4_stream cgitb.lookup IPython sh plumbum pexpect invoke fabric distutils setuptools.command \
         _bootsubprocess",
    ),
    (
        Rating::Dangerous,
        CODE,
        "builtins.eval builtins.exec builtins.execfile builtins.compile builtins.__build_class__ code codeop runpy timeit profile \
         cProfile trace pdb bdb doctest py_compile compileall types.CodeType types.FunctionType types.LambdaType new.function new.code \
         marshal lib2to3 idlelib logging.config numpy.testing numpy.core._multiarray_umath._load_from_filelike numexpr pandas.eval \
         pandas.core.computation pandas.io.sql sympy.sympify sympy.parsing dataclasses._create_fn torch._inductor torch._dynamo \
         torch.utils._config_module torch.utils.bottleneck torch.utils.data.datapipes.utils.decoder \
         torch.fx.experimental.symbolic_shapes torch.fx.graph_module torch.jit.unsupported_tensor_ops torch.jit.frontend \
         torch.jit.CompilationUnit torch.jit.script torch.distributed.rpc torch.distributed.run torch.distributed.launch torch.package \
         torch.testing._internal tensorflow.python.framework.load_library cloudpickle.cloudpickle._builtin_type \
         cloudpickle.cloudpickle._make_function cloudpickle.cloudpickle._make_skel_func dill._dill._create_function \
         dill._dill._create_code IPython.core jinja2 mako transformers.dynamic_module_utils transformers.utils.import_utils",
    ),
    (
        Rating::Dangerous,
        "imports modules by their names, which runs them",
        "builtins.__import__ builtins.reload importlib _frozen_importlib _frozen_importlib_external _imp imp zipimport pkgutil pydoc \
         site modulefinder xmlrpc.server pkg_resources unittest.loader unittest.mock torch.hub torch.utils.model_zoo hydra._internal \
         hydra.utils",
    ),
    (
        Rating::Dangerous,
        "reads another pickle, which may do anything",
        "pickle _pickle cPickle pickletools dill cloudpickle joblib shelve jsonpickle torch.load torch.serialization \
         torch.storage._load_from_bytes torch.jit.load torch.multiprocessing numpy.load numpy.lib.npyio numpy.lib.format \
         numpy.lib._npyio_impl pandas.read_pickle pandas.io.pickle pandas.compat.pickle_compat sklearn.externals.joblib \
         multiprocessing.reduction multiprocessing.managers yaml.load yaml.unsafe_load yaml.full_load",
    ),
    (
        Rating::Dangerous,
        "reaches whatever has a name, so that the pickle need not name it",
        "builtins.getattr builtins.setattr builtins.delattr builtins.vars builtins.globals builtins.locals \
         builtins.object.__getattribute__ operator.attrgetter operator.methodcaller operator.itemgetter operator.call functools.partial \
         functools.partialmethod functools.reduce functools.singledispatch types.MethodType types.DynamicClassAttribute inspect gc \
         copyreg.add_extension _operator _functools.partial _functools.reduce",
    ),
    (
        Rating::Dangerous,
        "calls what it is given, now or later",
        "builtins.apply builtins.map builtins.filter builtins.reduce builtins.breakpoint itertools.starmap itertools.accumulate atexit \
         threading _thread concurrent.futures multiprocessing asyncio signal sched contextlib.ExitStack weakref.finalize \
         code.InteractiveConsole wsgiref cgi socketserver torch.utils.data._utils.worker sqlite3 tkinter _asyncio _signal _sqlite3 \
         _tkinter",
    ),
    (
        Rating::Dangerous,
        "calls native code or writes to memory",
        "ctypes _ctypes cffi mmap numpy.ctypeslib numpy.core._dtype_ctypes torch.ops.load_library torch.classes.load_library \
         torch._ops.load_library torch.cuda.memory.CUDAPluggableAllocator llvmlite pybind11",
    ),
    (
        Rating::Dangerous,
        "opens connections to other machines",
        "socket _socket ssl http urllib urllib2 urllib3 httplib requests httpx aiohttp ftplib smtplib smtpd poplib imaplib nntplib \
         telnetlib xmlrpc asyncore asynchat paramiko websocket websockets boto3 botocore fsspec s3fs gcsfs huggingface_hub gdown wget \
         pycurl twisted BaseHTTPServer SimpleHTTPServer CGIHTTPServer DocXMLRPCServer torch.distributed.init_process_group \
         torch.distributed.TCPStore _ssl",
    ),
    (
        Rating::Dangerous,
        "reads, writes or removes files",
        "builtins.open builtins.file io _io _pyio shutil tempfile pathlib fileinput linecache zipfile tarfile gzip.open bz2.open \
         lzma.open dbm logging.FileHandler logging.handlers mailbox codecs.open glob filecmp torch.save \
         torch.storage.UntypedStorage.from_file torch.from_file torch.UntypedStorage.from_file numpy.save numpy.savez numpy.savetxt \
         numpy.fromfile numpy.loadtxt numpy.genfromtxt numpy.memmap numpy.ndarray.tofile numpy.core.memmap pandas.read_csv \
         pandas.read_json pandas.read_sql PIL.Image.open",
    ),
    (Rating::Dangerous, "installs or builds software", "pip ensurepip venv setuptools easy_install conda zipapp"),
    (
        Rating::Dangerous,
        "changes or ends the Python that runs it",
        "sys builtins.exit builtins.quit faulthandler resource sysconfig _testcapi _xxsubinterpreters _interpreters winreg _winreg \
         msvcrt msilib ctypes.wintypes fcntl termios _sitebuiltins",
    ),
    (Rating::Dangerous, "asks the person at the keyboard", "builtins.input builtins.raw_input getpass builtins.help"),
    (Rating::Unknown, "deals with paths, and may ask for files", "os.path posixpath ntpath genericpath"),
    (
        Rating::Unknown,
        "is numbered in a registry of the program that loads the file: what it is cannot be known from the file",
        "copyreg.extension",
    ),
    (
        Rating::Inert,
        "makes plain data of Python",
        "builtins.set builtins.frozenset builtins.list builtins.tuple builtins.dict builtins.int builtins.float builtins.bool \
         builtins.str builtins.bytes builtins.bytearray builtins.complex builtins.slice builtins.range builtins.object builtins.Ellipsis \
         builtins.NotImplemented builtins.NoneType builtins.type collections.OrderedDict collections.defaultdict collections.Counter \
         collections.deque collections.ChainMap collections.UserDict collections.UserList datetime.datetime datetime.date datetime.time \
         datetime.timedelta datetime.timezone decimal.Decimal fractions.Fraction uuid.UUID uuid.SafeUUID argparse.Namespace \
         types.SimpleNamespace types.NoneType types.MappingProxyType _codecs.encode copyreg._reconstructor copyreg.__newobj__ \
         copyreg.__newobj_ex__ array.array array._array_reconstructor io.BytesIO _io.BytesIO io.StringIO _io.StringIO pathlib.Path \
         pathlib.PurePath pathlib.PurePosixPath pathlib.PureWindowsPath pathlib.PosixPath pathlib.WindowsPath pathlib._local.Path \
         pathlib._local.PosixPath pathlib._local.WindowsPath pathlib._local.PurePosixPath pathlib._local.PureWindowsPath random.Random \
         zoneinfo.ZoneInfo._unpickle",
    ),
    (
        Rating::Inert,
        "rebuilds tensors, or names their types",
        "torch.Tensor torch._tensor.Tensor torch.Size torch.device torch.dtype torch.memory_format torch.layout torch.Generator \
         torch.bool torch.uint8 torch.uint16 torch.uint32 torch.uint64 torch.int8 torch.int16 torch.int32 torch.int64 torch.float16 \
         torch.bfloat16 torch.float32 torch.float64 torch.half torch.float torch.double torch.int torch.long torch.short torch.complex32 \
         torch.complex64 torch.complex128 torch.cfloat torch.cdouble torch.chalf torch.float8_e4m3fn torch.float8_e4m3fnuz \
         torch.float8_e5m2 torch.float8_e5m2fnuz torch.float8_e8m0fnu torch.float4_e2m1fn_x2 torch.qint8 torch.quint8 torch.qint32 \
         torch.quint4x2 torch.quint2x4 torch.bits8 torch.bits16 torch.bits1x8 torch.bits2x4 torch.bits4x2 torch.strided torch.sparse_coo \
         torch.sparse_csr torch.sparse_csc torch.sparse_bsr torch.sparse_bsc torch.per_tensor_affine torch.per_channel_affine \
         torch.per_channel_affine_float_qparams torch.per_tensor_symmetric torch.per_channel_symmetric torch.contiguous_format \
         torch.channels_last torch.preserve_format torch._utils._rebuild_tensor torch._utils._rebuild_tensor_v2 \
         torch._utils._rebuild_tensor_v3 torch._utils._rebuild_parameter torch._utils._rebuild_parameter_with_state \
         torch._utils._rebuild_qtensor torch._utils._rebuild_sparse_tensor torch._utils._rebuild_sparse_csr_tensor \
         torch._utils._rebuild_meta_tensor_no_storage torch._utils._rebuild_nested_tensor torch._utils._rebuild_device_tensor_from_numpy \
         torch._utils._rebuild_device_tensor_from_cpu_tensor torch._utils._rebuild_xla_tensor torch._utils._rebuild_mlc_tensor \
         torch._utils._rebuild_wrapper_subclass torch._tensor._rebuild_from_type torch._tensor._rebuild_from_type_v2 \
         torch.tensor._rebuild_from_type torch.nn.parameter.Parameter torch.nn.parameter.Buffer \
         torch.nn.parameter.UninitializedParameter torch.nn.parameter.UninitializedBuffer torch.nn.Parameter \
         torch.serialization._get_layout torch.storage.UntypedStorage torch.storage.TypedStorage torch.storage._UntypedStorage \
         torch.storage._TypedStorage torch.UntypedStorage torch.TypedStorage torch.jit._pickle.build_intlist \
         torch.jit._pickle.build_tensorlist torch.jit._pickle.build_doublelist torch.jit._pickle.build_boollist \
         torch.jit._pickle.build_tensor_from_id torch.jit._pickle.restore_type_tag",
    ),
    (
        Rating::Inert,
        "makes arrays of NumPy, or names their types",
        "numpy.ndarray numpy.dtype numpy.matrix numpy.core.multiarray._reconstruct numpy._core.multiarray._reconstruct \
         numpy.core.multiarray.scalar numpy._core.multiarray.scalar numpy.core.numeric._frombuffer numpy._core.numeric._frombuffer \
         numpy.ma.core._mareconstruct numpy.ma.core.MaskedArray numpy.ma.MaskedArray numpy.bool_ numpy.int8 numpy.int16 numpy.int32 \
         numpy.int64 numpy.uint8 numpy.uint16 numpy.uint32 numpy.uint64 numpy.float16 numpy.float32 numpy.float64 numpy.complex64 \
         numpy.complex128 numpy.str_ numpy.bytes_ numpy.datetime64 numpy.timedelta64 numpy.dtypes.Float32DType numpy.dtypes.Float64DType \
         numpy.dtypes.Int64DType ml_dtypes.bfloat16 ml_dtypes.float8_e4m3fn ml_dtypes.float8_e5m2 \
         numpy.random._pickle.__randomstate_ctor numpy.random._pickle.__generator_ctor numpy.random._pickle.__bit_generator_ctor \
         joblib.numpy_pickle.NumpyArrayWrapper joblib.numpy_pickle.NDArrayWrapper",
    ),
];

/// Where classes are inert: they are given their state, which is data.
const LAYERS: &[&str] = &["torch.nn.", "torch.ao.nn.", "torch.optim."];
const LAYER: &str = "is a class of PyTorch; what the pickle gives it as its state is data";
/// Where TorchScript has the classes of an archive: Python has no such module, and PyTorch looks them up among the code in the archive.
const SCRIPT: &str = "__torch__.";

/// Modules that a name leads to only in order to get around in the program: no program saves a module as a part of its data.
const MODULES: &str = "os posix nt sys subprocess builtins importlib shutil socket pty runpy ctypes";

/// What is known about each name.
pub struct Ratings {
    /// By their names, in order: the numbers of their groups.
    known: Vec<(&'static str, usize)>,
}

/// What there is to say of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How much it matters.
    pub rating: Rating,
    /// What it does, as a sentence goes on after its name.
    pub reason: &'static str,
}

const UNKNOWN: Verdict =
    Verdict { rating: Rating::Unknown, reason: "does whatever the software says that is installed" };

const fn dangerous(reason: &'static str) -> Verdict {
    Verdict { rating: Rating::Dangerous, reason }
}

impl Default for Ratings {
    fn default() -> Self {
        let mut known = Vec::new();
        for (number, (_, _, names)) in GROUPS.iter().enumerate() {
            known.extend(names.split_whitespace().map(|name| (name, number)));
        }
        sort::sort(&mut known);
        Self { known }
    }
}

impl Ratings {
    /// What `name` of `module` does.
    pub fn rate(&self, module: &str, name: &str) -> Verdict {
        if module.starts_with(COMPUTED) || name.starts_with(COMPUTED) {
            return dangerous("has a name that is put together while the file is loaded, which hides it");
        }
        let module = modern(module);
        let path = format!("{module}.{name}");
        let found = self.find(&path).unwrap_or(UNKNOWN);
        if found.rating != Rating::Unknown {
            return found;
        }
        if path.starts_with(SCRIPT) {
            return Verdict { rating: Rating::Inert, reason: "is a class of the TorchScript code in the archive" };
        }
        if self.leads_elsewhere(name) {
            return dangerous("leads through one module to another, which hides what is meant");
        }
        class_of_torch(&path, module, name).unwrap_or(found)
    }

    /// The group that has just `name`.
    fn group(&self, name: &str) -> Option<&'static Group> {
        let place = self.known.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        GROUPS.get(self.known.get(place)?.1)
    }

    /// What is known of the longest beginning of `path` of which something is.
    fn find(&self, path: &str) -> Option<Verdict> {
        let mut part = path;
        loop {
            if let Some((rating, reason, _)) =
                self.group(part).filter(|(rating, ..)| *rating != Rating::Inert || part.len() == path.len())
            {
                return Some(Verdict { rating: *rating, reason });
            }
            part = part.rsplit_once('.')?.0;
        }
    }

    /// Whether `name`, which is looked up part by part, goes by way of inner parts of the program or of a module to something that is dangerous.
    fn leads_elsewhere(&self, name: &str) -> bool {
        let is_module = |part: &str| MODULES.split(' ').any(|module| module == part.trim_start_matches('_'));
        let inner = |part: &str| part.starts_with("__") && part.ends_with("__");
        let mut rest = name;
        while let Some((first, after)) = rest.split_once('.') {
            if inner(first)
                || is_module(first)
                || self.find(rest).is_some_and(|found| found.rating == Rating::Dangerous)
            {
                return true;
            }
            rest = after;
        }
        is_module(rest) || inner(rest) && !matches!(rest, "__init__" | "__new__" | "__call__")
    }
}

/// What classes of PyTorch do, by what they are called.
fn class_of_torch(path: &str, module: &str, name: &str) -> Option<Verdict> {
    let is_class = name.starts_with(char::is_uppercase) && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_class {
        return None;
    }
    let is_type = name.ends_with("Storage") || name.ends_with("Tensor");
    let reason = match module {
        "torch" | "torch.cuda" | "torch.sparse" if is_type => "names the type of a tensor",
        _ if LAYERS.iter().any(|layers| path.starts_with(layers)) => LAYER,
        _ => return None,
    };
    Some(Verdict { rating: Rating::Inert, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(module: &str, name: &str) -> Rating {
        Ratings::default().rate(module, name).rating
    }

    #[test]
    fn every_name_is_listed_once() {
        let count: usize = GROUPS.iter().map(|(_, _, names)| names.split_whitespace().count()).sum();
        let Ratings { known } = Ratings::default();
        assert!(known.is_sorted() && known.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a < b)));
        assert!(known.len() == count && count > 400);
    }

    #[test]
    fn what_is_known_of_a_module_goes_for_all_in_it_but_exceptions() {
        for (module, name) in [
            ("os", "system"),
            ("posix", "system"),
            ("nt", "system"),
            ("subprocess", "Popen"),
            ("asyncio.subprocess", "create_subprocess_shell"),
            ("__builtin__", "eval"),
            ("builtins", "getattr"),
            ("torch.hub", "load"),
            ("torch", "load"),
            ("torch", "hub.load"),
            ("io", "open"),
            ("pathlib", "Path.unlink"),
            ("httplib", "HTTPConnection"),
            ("commands", "getoutput"),
            ("numpy.testing._private.utils", "runstring"),
        ] {
            assert_eq!(rate(module, name), Rating::Dangerous, "{module}.{name}");
        }
        for (module, name) in [
            ("collections", "OrderedDict"),
            ("__builtin__", "set"),
            ("torch", "FloatStorage"),
            ("torch.cuda", "HalfTensor"),
            ("torch._utils", "_rebuild_tensor_v2"),
            ("torch.nn.modules.linear", "Linear"),
            ("pathlib", "PosixPath"),
            ("_io", "BytesIO"),
            ("__torch__.net", "Net"),
        ] {
            assert_eq!(rate(module, name), Rating::Inert, "{module}.{name}");
        }
        for (module, name) in [
            ("os.path", "join"),
            ("collections", "_itemgetter"),
            ("collections.OrderedDict", "x"),
            ("torch.nn.functional", "relu"),
            ("torch.nn.modules.linear", "Linear.forward"),
            ("models.yolo", "Detect"),
            ("osmium", "system"),
        ] {
            assert_eq!(rate(module, name), Rating::Unknown, "{module}.{name}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_dangerous() {
        for (module, name) in [
            ("torch.serialization_of_mine", "os.system"),
            ("models", "os"),
            ("models", "_sys.modules"),
            ("collections", "OrderedDict.__init__.__globals__"),
            ("models", "Net.__class__.__subclasses__"),
            ("os.path", "os.system"),
            ("models", "__builtins__"),
            ("models", "__builtins__.get"),
            ("torch.nn", "functional.torch.hub.Loader"),
            ("torch.nn.modules.module", "torch.hub.load"),
            ("torch.nn", "functional.torch.hub.load"),
            (COMPUTED, "x"),
        ] {
            assert_eq!(rate(module, name), Rating::Dangerous, "{module}.{name}");
        }
    }
}
