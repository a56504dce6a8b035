"""Independent implementations of the published methods in PyTorch, as plain as possible and without this package.

Each takes the filters of a VGG-19 and two images, (height, width, 3) in [0, 1], and has two functions: `terms`, the
terms of its loss at an image (1, 3, height, width) in [0, 1], and `run`, the losses from its own start on, with its own
optimizer in its own range of pixels.
"""

import numpy as np
import torch
import torch.nn.functional as F

LAYERS = [
    name
    for block, count in enumerate((2, 2, 4, 4, 4), start=1)
    for name in [
        *(f"{kind}{block}_{index}" for index in range(1, count + 1) for kind in ("conv", "relu")),
        f"pool{block}",
    ]
]
FIVE = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]


def tensor(image):
    return torch.tensor(np.asarray(image, np.float64).transpose(2, 0, 1)[None])


class Method:
    """What all methods have in common: a VGG-19 and two images."""

    content_layers = ("relu4_2",)
    style_layers = tuple(FIVE)
    replicate = False

    def __init__(self, convolutions, content, style):
        self.filters = {
            name: (torch.tensor(kernel.transpose(3, 2, 0, 1), dtype=torch.float64), torch.tensor(bias).double())
            for name, (kernel, bias) in convolutions.items()
        }
        self.content = tensor(content)
        with torch.no_grad():
            content_features, style_features = self.features(self.content), self.features(tensor(style))
            self.content_target = {name: content_features[name] for name in self.content_layers}
            self.style_target = {name: self.statistic(style_features[name]) for name in self.style_layers}

    def features(self, image):
        x, features = self.preprocess(image), {}
        last = max(LAYERS.index(name) for name in (*self.content_layers, *self.style_layers))
        for name in LAYERS[: last + 1]:
            if name.startswith("conv"):
                if name == "conv1_1" and self.replicate:
                    x = F.conv2d(F.pad(x, (1, 1, 1, 1), "replicate"), *self.filters[name])
                else:
                    x = F.conv2d(x, *self.filters[name], padding=1)
            elif name.startswith("relu"):
                x = F.relu(x)
            else:
                x = F.max_pool2d(x, 2)
            features[name] = x
        return features

    def preprocess(self, image):
        mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], dtype=torch.float64)
        return (image - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)

    def statistic(self, features):
        _, channels, height, width = features.shape
        matrix = features.view(channels, height * width)
        return matrix @ matrix.T / (height * width)

    def terms(self, image):
        features = self.features(image)
        return {"content": self.content_loss(features), "style": self.style_loss(features), "tv": self.variation(image)}

    def variation(self, image):
        return 0 * image.sum()

    def total(self, image):
        return sum(self.terms(image).values())

    def by_lbfgs(self, start, to_image, count, clamp=False, **options):
        """Run torch.optim.LBFGS with its defaults, in the method's own range of pixels."""
        x = start.clone().contiguous().requires_grad_()
        # Torch's L-BFGS requires gradients that are contiguous.
        x.register_hook(lambda gradient: gradient.contiguous())
        optimizer, losses = torch.optim.LBFGS([x], **options), []

        def closure():
            if clamp:
                x.data.clamp_(0, 1)
            optimizer.zero_grad()
            loss = self.total(to_image(x))
            loss.backward()
            losses.append(loss.item())
            return loss

        while len(losses) < count:
            optimizer.step(closure)
        return losses[:count]

    def by_adam(self, start, count, clamp=True, **options):
        x = start.clone().requires_grad_()
        optimizer, losses = torch.optim.Adam([x], **options), []
        for _ in range(count):
            loss = self.total(x)
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
            optimizer.step()
            if clamp:
                x.data.clamp_(0, 1)
        return losses


class Caffe(Method):
    """BGR from 0 to 255, mean color subtracted."""

    full = 255
    mean = torch.tensor([103.939, 116.779, 123.68], dtype=torch.float64).view(1, 3, 1, 1)

    def preprocess(self, image):
        return image[:, [2, 1, 0]] * self.full - self.mean

    def to_image(self, x):
        return ((x + self.mean) / self.full)[:, [2, 1, 0]]


class Gatys(Caffe):
    def content_loss(self, features):
        return F.mse_loss(features["relu4_2"], self.content_target["relu4_2"])

    def style_loss(self, features):
        widths = (64, 128, 256, 512, 512)
        return sum(
            1e3 / width**2 * F.mse_loss(self.statistic(features[name]), self.style_target[name])
            for width, name in zip(widths, FIVE, strict=True)
        )

    def run(self, count):
        return self.by_lbfgs(self.preprocess(self.content), self.to_image, count)


class PytorchTutorial(Method):
    content_layers = ("conv2_2",)
    style_layers = ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")
    style_weight = 1e6

    def statistic(self, features):
        a, b, c, d = features.size()
        flat = features.view(a * b, c * d)
        return torch.mm(flat, flat.t()).div(a * b * c * d)

    def content_loss(self, features):
        return F.mse_loss(features["conv2_2"], self.content_target["conv2_2"])

    def style_loss(self, features):
        return self.style_weight * sum(
            F.mse_loss(self.statistic(features[name]), self.style_target[name]) for name in self.style_layers
        )

    def run(self, count):
        return self.by_lbfgs(self.content, lambda x: x, count, clamp=True)


class PytorchTutorial256(PytorchTutorial):
    style_weight = 1e5


class TensorflowTutorial(Caffe):
    content_layers = ("relu5_2",)

    def statistic(self, features):
        matrix = features[0].flatten(1).T
        return matrix.T @ matrix / len(matrix)

    def content_loss(self, features):
        return 1e3 * (features["relu5_2"] - self.content_target["relu5_2"]).square().mean()

    def style_loss(self, features):
        layers = [(self.statistic(features[name]) - self.style_target[name]).square().mean() for name in FIVE]
        return 1e-2 * sum(layer / len(FIVE) for layer in layers)

    def run(self, count):
        """TensorFlow's Adam: epsilon is added to the square root before the bias is corrected."""
        x = self.preprocess(self.content).requires_grad_()
        first = second = torch.zeros_like(x)
        losses = []
        for step in range(1, count + 1):
            loss = self.total(self.to_image(x))
            (gradient,) = torch.autograd.grad(loss, x)
            losses.append(loss.item())
            first, second = 0.99 * first + 0.01 * gradient, 0.999 * second + 0.001 * gradient**2
            rate = 5 * (1 - 0.999**step) ** 0.5 / (1 - 0.99**step)
            x = x.detach() - rate * first / (second.sqrt() + 0.1)
            x = x.clamp(-self.mean, 255 - self.mean).requires_grad_()
        return losses


class FiveLayer(Method):
    content_layers = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "conv5_1")
    style_layers = content_layers

    def preprocess(self, image):
        return image

    def statistic(self, features):
        _, channel, height, width = features.shape
        return features.view(channel, height * width).mm(features.view(channel, height * width).t())

    def content_loss(self, features):
        return sum(torch.mean((features[name] - self.content_target[name]) ** 2) for name in self.content_layers)

    def style_loss(self, features):
        return 0.01 * sum(
            torch.mean((self.statistic(features[name]) - self.style_target[name]) ** 2) for name in self.style_layers
        )

    def run(self, count):
        return self.by_adam(self.content, count, clamp=False, lr=0.001)


class NeuralStyle(Caffe):
    full = 256

    def statistic(self, features):
        matrix = features[0].flatten(1)
        return matrix @ matrix.T / features.nelement()

    def content_loss(self, features):
        return 5 * F.mse_loss(features["relu4_2"], self.content_target["relu4_2"])

    def style_loss(self, features):
        return sum(100 * F.mse_loss(self.statistic(features[name]), self.style_target[name]) for name in FIVE)

    def variation(self, image):
        """Return the function whose gradient the program computes; the program does not compute its value."""
        x = self.preprocess(image)
        across = x[..., :-1, :-1] - x[..., :-1, 1:]
        down = x[..., :-1, :-1] - x[..., 1:, :-1]
        return 1e-3 / 2 * (across.square().sum() + down.square().sum())

    def run(self, count, start):
        """Run from a given start, because its random numbers differ from ours."""
        options = {"history_size": 100, "max_iter": count, "tolerance_change": -1, "tolerance_grad": -1}
        return self.by_lbfgs(self.preprocess(tensor(start)), self.to_image, count, **options)


class Crowsonkb(Method):
    replicate = True

    def statistic(self, features):
        matrix = features[0].flatten(1)
        mean = matrix.mean(1)
        covariance = matrix @ matrix.T / matrix.shape[1] - torch.outer(mean, mean)
        return mean, covariance + 1e-4 * torch.eye(len(mean), dtype=mean.dtype)

    def content_loss(self, features):
        return 0.015 * F.mse_loss(features["relu4_2"], self.content_target["relu4_2"])

    def style_loss(self, features):
        weights, total = (256, 64, 16, 4, 1), 0
        for weight, name in zip(weights, FIVE, strict=True):
            (mean, covariance), (wanted_mean, wanted) = self.statistic(features[name]), self.style_target[name]
            root = SquareRoot.apply(wanted)
            between = SquareRoot.apply(root @ covariance @ root)
            distance = (mean - wanted_mean).square().mean() + (wanted + covariance - 2 * between).diagonal().mean()
            total = total + weight / sum(weights) * distance
        return total

    def variation(self, image):
        x = F.pad(image, (1, 1, 1, 1), "replicate")
        right = (x[..., 1:-1, 2:] - x[..., 1:-1, 1:-1]).square().mean() / 3
        below = (x[..., 2:, 1:-1] - x[..., 1:-1, 1:-1]).square().mean() / 3
        falling = (x[..., 1:, 1:] - x[..., :-1, :-1]).square().mean() / 12
        rising = (x[..., 1:, :-1] - x[..., :-1, 1:]).square().mean() / 12
        return 2 * 2 * (right + below + falling + rising)

    def run(self, count):
        return self.by_adam(self.content, count, lr=0.02, betas=(0.9, 0.99))


class SquareRoot(torch.autograd.Function):
    """The Newton-Schulz iteration with 12 steps, and its gradient by the Lyapunov equation with as many."""

    @staticmethod
    def forward(context, matrix):
        norm = matrix.norm()
        y, z = matrix / norm, torch.eye(len(matrix), dtype=matrix.dtype)
        for _ in range(12):
            t = (3 * torch.eye(len(matrix), dtype=matrix.dtype) - z @ y) / 2
            y, z = y @ t, t @ z
        root = y * norm.sqrt()
        context.save_for_backward(root)
        return root

    @staticmethod
    def backward(context, gradient):
        (root,) = context.saved_tensors
        a, q = root / root.norm(), gradient / root.norm()
        for _ in range(12):
            rest = 3 * torch.eye(len(root), dtype=root.dtype) - a @ a
            q = (q @ rest - a.T @ (a.T @ q - q @ a)) / 2
            a = a @ rest / 2
        return q / 2


METHODS = {
    "gatys": Gatys,
    "gatys-high-resolution": Gatys,
    "pytorch-tutorial": PytorchTutorial,
    "pytorch-tutorial-256": PytorchTutorial256,
    "tensorflow-tutorial": TensorflowTutorial,
    "five-layer": FiveLayer,
    "neural-style": NeuralStyle,
    "crowsonkb": Crowsonkb,
}
