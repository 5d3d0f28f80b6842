#!/usr/bin/env python3
"""random_graphs.py BIN SEED COUNT: random legal ONNX graphs, each adopted and given to the tools of BIN.

Either adopt refuses a graph and names the node, or all tools run and the logits are those of ONNX Runtime: the predicted
class, its margin within 1e-4 of the logits' spread, and its probability. Prints what is wrong, a line each, and at the end
how many graphs were refused and for what. Needs numpy, onnx, onnxruntime, and format/python on PYTHONPATH."""
import collections, json, os, random, re, subprocess, sys, tempfile
import numpy as np, onnx, onnxruntime
from onnx import TensorProto, helper, numpy_helper
import herbarium_stream

onnxruntime.set_default_logger_severity(4)


class Graph:
    """A chain of operators: value is the name of its end, channels what it has."""

    def __init__(self, seed):
        self.random, self.numbers = random.Random(seed), np.random.default_rng(seed)
        self.nodes, self.constants = [], []
        self.value, self.channels = "x", 3

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weights(self, *shape, scale=None):
        return self.constant((self.numbers.standard_normal(shape) * (scale or np.prod(shape[1:]) ** -0.5)).astype(np.float32))

    def node(self, op, *inputs, outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=f"n{len(self.nodes)}", **attributes))
        return names[0] if outputs == 1 else names

    def apply(self, op, *inputs, **attributes):
        self.value = self.node(op, self.value, *inputs, **attributes)

    def window(self):
        r = self.random
        kernel = [r.randint(1, 3), r.randint(1, 3)]
        half = lambda k: r.randint(0, k // 2)
        return {"kernel_shape": kernel, "strides": [r.randint(1, 2), r.randint(1, 2)], "pads": [half(kernel[0]), half(kernel[1]), half(kernel[0]), half(kernel[1])]}

    def conv(self, out=None, **attributes):
        out = out or self.random.choice([4, 8, 12])
        attributes = attributes or self.window()
        self.apply("Conv", self.weights(out, self.channels, *attributes["kernel_shape"]), self.weights(out, scale=0.1), **attributes)
        self.channels = out

    def step(self):
        r, c, x = self.random, self.channels, self.value
        one = lambda v: self.constant(np.float32(v))
        each = lambda: self.constant((np.abs(self.numbers.standard_normal((c, 1, 1))) + 0.5).astype(np.float32))
        kind = r.choice("conv depthwise residual excite maxpool avgpool relu leaky prelu clip min max smooth bn affine square pad resize concat split slice "
                        "gather shuffle transpose softmax lrn gelu identity".split())
        if kind == "conv":
            self.conv()
        elif kind == "depthwise":
            w = self.window()
            self.apply("Conv", self.weights(c, 1, *w["kernel_shape"]), group=c, **w)
        elif kind == "residual":
            self.conv(c, kernel_shape=[3, 3], pads=[1] * 4)
            self.value = self.node(r.choice(["Add", "Sum"]), self.value, x)
        elif kind == "excite":
            s = self.node("Conv", self.node("GlobalAveragePool", x), self.weights(c, c, 1, 1))
            self.value = self.node("Mul", x, self.node(r.choice(["Sigmoid", "HardSigmoid"]), s))
        elif kind == "maxpool":
            self.apply("MaxPool", ceil_mode=r.randint(0, 1), **self.window())
        elif kind == "avgpool":
            self.apply("AveragePool", count_include_pad=r.randint(0, 1), **self.window())
        elif kind == "leaky":
            self.apply("LeakyRelu", alpha=r.choice([-0.5, 0.0, 0.2, 1.0, 1.5]))
        elif kind == "prelu":
            self.apply("PRelu", self.weights(*r.choice([(c, 1, 1), (1, 1, 1), (1,)]), scale=0.8))
        elif kind == "clip":
            self.apply("Clip", one(-0.4), one(r.choice([0.6, 6])))
        elif kind in ("min", "max"):
            self.apply(kind.title(), one(0.2))
        elif kind == "smooth":
            self.value = self.node("Mul", x, self.node("Sigmoid", x)) if r.random() < 0.5 else self.node("Sigmoid", x)
        elif kind == "bn":
            self.apply("BatchNormalization", *[self.constant(np.abs(self.numbers.standard_normal(c)).astype(np.float32) + 0.3) for _ in range(4)])
        elif kind == "affine":
            self.apply(r.choice(["Add", "Sub", "Mul", "Div"]), r.choice([each, lambda: one(0.7)])())
        elif kind == "square":
            self.apply("Pow", one(2))
        elif kind == "pad":
            p = [r.randint(0, 2) for _ in range(4)]
            self.apply("Pad", self.constant(np.array([0, 0, p[0], p[1], 0, 0, p[2], p[3]], np.int64)), mode=r.choice(["constant", "reflect"]))
        elif kind == "resize":
            mode, at = r.choice([("nearest", "asymmetric"), ("linear", "half_pixel")])
            self.apply("Resize", "", self.constant(np.array([1, 1, 2, 2], np.float32)), mode=mode, coordinate_transformation_mode=at, nearest_mode="floor")
        elif kind == "concat":
            self.value, self.channels = self.node("Concat", x, self.node("Relu", x), axis=1), 2 * c
        elif kind == "split":
            a, b = self.node("Split", x, self.constant(np.array([c // 4, c - c // 4], np.int64)), outputs=2, axis=1)
            self.value = self.node("Concat", b, a, axis=1)
        elif kind == "slice":
            self.apply("Slice", *[self.constant(np.array(v, np.int64)) for v in ([1, 0], [2**31, -1], [2, 3])])
        elif kind == "gather":
            self.apply("Gather", self.constant(self.numbers.permutation(c)), axis=1)
        elif kind == "shuffle":
            self.apply("Reshape", self.constant(np.array([0, 2, c // 2, -1], np.int64)))
            self.apply("Transpose", perm=[0, 2, 1, 3])
            self.apply("Reshape", self.node("Shape", x))
        elif kind == "transpose":
            self.apply("Transpose", perm=[0, 2, 3, 1])
            self.apply("Add", self.weights(c, scale=0.3))
            self.apply("Transpose", perm=[0, 3, 1, 2])
        elif kind == "softmax":
            self.apply("Softmax", axis=1)
        elif kind == "lrn":
            self.apply("LRN", size=3)
        elif kind == "gelu":
            erf = self.node("Erf", self.node("Div", x, one(2**0.5)))
            self.value = self.node("Mul", self.node("Mul", x, self.node("Add", erf, one(1))), one(0.5))
        else:
            self.apply(kind.title())

    def model(self, side, classes):
        if self.random.random() < 0.3:
            self.apply("GlobalMaxPool")
        else:
            self.apply("GlobalAveragePool")
        self.apply("Flatten")
        self.apply("Gemm", self.weights(classes, self.channels), self.weights(classes, scale=0.1), transB=1)
        value = lambda name, dims: helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
        graph = helper.make_graph(self.nodes, "g", [value("x", ["n", 3, side, side])], [value(self.value, None)], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def run(*commands, stdin=None):
    """The standard output of a program, or its error."""
    p = subprocess.run(commands, stdin=open(stdin, "rb") if stdin else subprocess.DEVNULL, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return p.stdout, p.stderr.decode().strip() if p.returncode else ""


def main(bin, seed0, count):
    tally, wrong = collections.Counter(), 0
    classes = ["a", "b", "c", "d", "e"]
    with tempfile.TemporaryDirectory() as dir:
        file = lambda name: os.path.join(dir, name)
        with open(file("classes"), "w") as f:
            f.write("\n".join(classes))
        for seed in range(seed0, seed0 + count):
            g = Graph(seed)
            side = g.random.randint(16, 28)
            g.conv(8, kernel_shape=[3, 3], pads=[1] * 4)
            for _ in range(g.random.randint(1, 6)):
                g.step()
            images = g.numbers.integers(0, 256, (2, 3, side, side), dtype=np.uint8)
            onnx.save(g.model(side, len(classes)), file("net.onnx"))
            try:
                session = onnxruntime.InferenceSession(file("net.onnx"), providers=["CPUExecutionProvider"])
                logits = session.run(None, {"x": images.astype(np.float32) / 255})[0].astype(np.float64)
                assert np.isfinite(logits).all()
            except Exception:  # an image too small for a window
                tally["not legal"] += 1
                continue
            complain = lambda text: print(f"seed {seed}: {' '.join(n.op_type for n in g.nodes)}: {text}")
            _, error = run(bin + "/adopt", "-q", "--norm", "none", "--classes", file("classes"), "--input", str(side), file("net.onnx"), "-o", file("net.st"))
            if error:
                tally["refused: " + re.sub(r'"n\d+"|[\d.]+', "#", error.split(": ", 2)[-1])[:100]] += 1
                if not re.search(r'node \w+ "n\d+"', error):
                    complain("refused without a node's name: " + error)
                    wrong += 1
                continue
            with open(file("in.st"), "wb") as f, herbarium_stream.Writer(f) as w:
                w.write(herbarium_stream.Document({"kind": "images", "classes": json.dumps(classes), "items": json.dumps([{"name": "p"}, {"name": "q"}])},
                                                  {"image": images, "label": logits.argmax(1).astype(np.int64)}))
            failed = ""
            for tool in (["score"], ["maxact", "--unit", "logits:a", "--steps", "2"], ["invert", "--steps", "2"], ["caricature", "--steps", "2"],
                         ["adversary", "--attack", "fgsm", "--no-verdict"]):
                stdin = None if tool[0] == "maxact" else file("in.st")
                _, error = run(f"{bin}/{tool[0]}", "-q", "--threads", "1", "--net", file("net.st"), *tool[1:], "-o", file(tool[0]), stdin=stdin)
                if error:
                    failed = error
                    break
            if failed:
                complain(failed)
                wrong += 1
                continue
            out, _ = run(bin + "/peek", "--items", "--json", file("score"))
            spread = max(logits.std(), np.abs(logits).max() * 1e-3)
            far = 0.0
            for item, z in zip((json.loads(line) for line in out.splitlines()), logits):
                first, second = np.sort(z)[::-1][:2]
                if item["predicted"] != classes[z.argmax()] and (first - second) / spread > 1e-4:
                    far = 1.0
                far = max(far, abs(item["margin"] - (first - second)) / spread, abs(np.log(item["probability"]) + np.log(np.exp(z - first).sum())) / spread)
            if far > 1e-4:
                complain(f"logits are off by {far:.2g} of their spread")
                wrong += 1
            else:
                tally["the same"] += 1
    for what, n in tally.most_common():
        print(f"{n:5} {what}")
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])) > 0)
