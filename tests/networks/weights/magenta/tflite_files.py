"""TensorFlow Lite files as converters write them, with the convolutions of some layers and nothing else."""

import numpy as np

ELEMENT_TYPES = {"float32": 0, "float16": 1, "int32": 2, "int8": 9}
CONV_2D, DEPTHWISE_CONV_2D, DEQUANTIZE = 3, 4, 6
OPERATORS = (CONV_2D, DEPTHWISE_CONV_2D, DEQUANTIZE)


class TFLiteFile:
    """Collects tensors and operators.

    Args:
        kind: how weights are kept: "float32"; "float16", with operators that make float32 of them; or "int8", with a
            scale for each output channel and biases of 32 bits.
    """

    def __init__(self, kind: str = "float32"):
        self.kind = kind
        self.tensors: list[tuple] = []
        self.operators: list[tuple[int, list[int], list[int]]] = []

    def add_convolution(self, scope, kernel, bias, *, weights_name=None, output_name=None) -> None:
        """Add one with the names of TensorFlow's converter, or others; the kernel as in checkpoints."""
        is_depthwise = scope.endswith("/depthwise")
        operator, last = (DEPTHWISE_CONV_2D, 3) if is_depthwise else (CONV_2D, 0)
        weights_name = weights_name or f"{scope}/{'depthwise_weights' if is_depthwise else 'weights'}"
        array = np.ascontiguousarray(np.asarray(kernel, np.float32).transpose(3, 0, 1, 2))
        inputs = [0, self._weights(weights_name, array, last), self._bias(f"{scope}/Conv2D_bias", array, bias, last)]
        self.operators.append((operator, inputs, [self._tensor(output_name or f"{scope}/Relu6", (1, 1), "float32")]))

    def _weights(self, name, array, axis) -> int:
        if self.kind == "float32":
            return self._tensor(name, array.shape, "float32", array)
        if self.kind == "float16":
            half = self._tensor(name, array.shape, "float16", array.astype(np.float16))
            full = self._tensor(f"{name}_dequantize", array.shape, "float32")
            self.operators.append((DEQUANTIZE, [half], [full]))
            return full
        scale = self._scale(array, axis)
        steps = np.round(array / np.expand_dims(scale, [i for i in range(4) if i != axis])).astype(np.int8)
        return self._tensor(name, array.shape, "int8", steps, scale, axis)

    def _bias(self, name, array, bias, axis) -> int:
        bias = np.asarray(bias, np.float32)
        if self.kind != "int8":
            return self._tensor(name, bias.shape, "float32", bias)
        scale = self._scale(array, axis) * np.float32(0.01)
        return self._tensor(name, bias.shape, "int32", np.round(bias / scale).astype(np.int32), scale, 0)

    def _scale(self, array, axis):
        return (np.abs(array).max(tuple(i for i in range(4) if i != axis)) / 127).astype(np.float32)

    def _tensor(self, name, shape, dtype, array=None, scale=None, axis=0) -> int:
        if not self.tensors:
            self.tensors.append(("input", (1, 1), "float32", None, None, 0))
        self.tensors.append((name, shape, dtype, array, scale, axis))
        return len(self.tensors) - 1

    def data(self) -> bytes:
        """Return the file."""
        import flatbuffers
        import tflite

        builder = flatbuffers.Builder(1024)

        def vector(offsets):
            builder.StartVector(4, len(offsets), 4)
            for offset in reversed(offsets):
                builder.PrependUOffsetTRelative(offset)
            return builder.EndVector()

        buffers, tensors = [], []
        for array in (None, *(tensor[3] for tensor in self.tensors)):
            content = None if array is None else builder.CreateNumpyVector(np.frombuffer(array.tobytes(), np.uint8))
            tflite.BufferStart(builder)
            if content is not None:
                tflite.BufferAddData(builder, content)
            buffers.append(tflite.BufferEnd(builder))
        for index, (name, shape, dtype, array, scale, axis) in enumerate(self.tensors):
            quantization = None
            if scale is not None:
                scales = builder.CreateNumpyVector(scale)
                zeros = builder.CreateNumpyVector(np.zeros(len(scale), np.int64))
                tflite.QuantizationParametersStart(builder)
                tflite.QuantizationParametersAddScale(builder, scales)
                tflite.QuantizationParametersAddZeroPoint(builder, zeros)
                tflite.QuantizationParametersAddQuantizedDimension(builder, axis)
                quantization = tflite.QuantizationParametersEnd(builder)
            label, sizes = builder.CreateString(name), builder.CreateNumpyVector(np.asarray(shape, np.int32))
            tflite.TensorStart(builder)
            tflite.TensorAddName(builder, label)
            tflite.TensorAddShape(builder, sizes)
            tflite.TensorAddType(builder, ELEMENT_TYPES[dtype])
            tflite.TensorAddBuffer(builder, 0 if array is None else index + 1)
            if quantization is not None:
                tflite.TensorAddQuantization(builder, quantization)
            tensors.append(tflite.TensorEnd(builder))
        operators = []
        for kind, inputs, outputs in self.operators:
            ins, outs = (builder.CreateNumpyVector(np.asarray(each, np.int32)) for each in (inputs, outputs))
            tflite.OperatorStart(builder)
            tflite.OperatorAddOpcodeIndex(builder, OPERATORS.index(kind))
            tflite.OperatorAddInputs(builder, ins)
            tflite.OperatorAddOutputs(builder, outs)
            operators.append(tflite.OperatorEnd(builder))
        codes = []
        for kind in OPERATORS:
            tflite.OperatorCodeStart(builder)
            tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, kind)
            codes.append(tflite.OperatorCodeEnd(builder))
        tensors, operators, buffers, codes = (vector(each) for each in (tensors, operators, buffers, codes))
        tflite.SubGraphStart(builder)
        tflite.SubGraphAddTensors(builder, tensors)
        tflite.SubGraphAddOperators(builder, operators)
        graphs = vector([tflite.SubGraphEnd(builder)])
        tflite.ModelStart(builder)
        tflite.ModelAddVersion(builder, 3)
        tflite.ModelAddOperatorCodes(builder, codes)
        tflite.ModelAddSubgraphs(builder, graphs)
        tflite.ModelAddBuffers(builder, buffers)
        builder.Finish(tflite.ModelEnd(builder), b"TFL3")
        return bytes(builder.Output())
