"""BERT's layers with a backward pass of their own: what makes training on a CPU fast.

Hugging Face's modules under autocast spend much of a CPU training step in the backward pass of
fused attention, in drawing dropout masks and in casts that autograd repeats. The same layers, with
the same weights, are computed here with plain matrix products in bf16 (attention's too, which the
CPU's matrix units like better than the fused kernel), residuals and layer norms in fp32, masks
drawn a byte an element, and one cast of each weight a step.
"""

import math
from functools import cache
from typing import Any, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Encoders whose layers are BERT's: post-norm, absolute positions, exact GELU.
_KINDS = {"bert", "roberta", "xlm-roberta", "camembert"}
_aten: Any = torch.ops.aten
# oneDNN's linear layer with what follows it in one pass over the output; not in every torch.
_fused_linear: Any = getattr(torch.ops.mkldnn, "_linear_pointwise", None)


class FastDropout(nn.Dropout):
    """Dropout whose mask is drawn as bytes: eight elements a random number.

    The rate is rounded to a multiple of 1/256, and what is kept is scaled by just that.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or x.device.type != "cpu":
            return super().forward(x)
        mask = draw_mask(x.shape, self.p, x.dtype)
        return x if mask is None else x * mask


def draw_mask(shape: Any, rate: float, dtype: torch.dtype) -> Optional[Tensor]:
    """0 where dropped, 1 / share kept elsewhere; None if the rate rounds to nothing."""
    n_kept = 256 - round(256 * rate)
    if n_kept >= 256:
        return None
    n = math.prod(shape)
    drawn = torch.empty(-(-n // 8), dtype=torch.int64).random_(-(2**63), None)
    keep = drawn.view(torch.uint8)[:n] < n_kept
    return keep.view(shape).to(dtype).mul_(256 / n_kept)


def use_fast_dropout(module: nn.Module) -> None:
    """Replace every dropout inside by the cheap one, rates unchanged."""
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.Dropout:
                setattr(parent, name, FastDropout(child.p))


def has_bert_layers(config: Any) -> bool:
    """Whether `run_layers` computes what an encoder of this configuration does by its own code."""
    return (
        config.model_type in _KINDS
        and config.hidden_act == "gelu"
        and getattr(config, "position_embedding_type", "absolute") == "absolute"
        and not getattr(config, "is_decoder", False)
        and not getattr(config, "add_cross_attention", False)
    )


class LayerWeights:
    """One layer's weights in the order `_Layer` takes them, and their casts for prediction."""

    def __init__(self, layer: Any, n_heads: int):
        attention, output = layer.attention, layer.output
        linears = (
            attention.self.query,
            attention.self.key,
            attention.self.value,
            attention.output.dense,
        )
        self.parameters: List[nn.Parameter] = [p for m in linears for p in (m.weight, m.bias)]
        norm = attention.output.LayerNorm
        self.parameters += [norm.weight, norm.bias]
        for module in (layer.intermediate.dense, output.dense, output.LayerNorm):
            self.parameters += [module.weight, module.bias]
        self.n_heads = n_heads
        self.eps = float(norm.eps)
        self.dropout = output.dropout
        self._cached: Tuple[Any, Tuple[Tensor, ...]] = (None, ())  # one value: threads share it

    def casts(self, dtype: torch.dtype) -> Tuple[Tensor, ...]:
        """The matrices in the dtype of computing, made anew only when a weight has changed."""
        key = (dtype, [(p.data_ptr(), p._version) for p in self.parameters])
        found, casts = self._cached
        if key != found:
            casts = _cast(self.parameters, self.n_heads, dtype)
            self._cached = (key, casts)
        return casts

    def forget(self) -> None:
        self._cached = (None, ())


def run_layers(
    layers: List[LayerWeights], hidden: Tensor, mask: Tensor, dtype: torch.dtype, training: bool
) -> Tensor:
    """The stack of layers.

    hidden (n, length, width): The embeddings, fp32.
    mask (n, length), bool: False on padding.
    RETURNS (n, length, width): fp32.
    """
    blocked: Optional[Tensor] = None
    if not bool(mask.all()):
        blocked = torch.zeros(mask.shape, dtype=dtype).masked_fill_(~mask, -1e4)[:, None, None, :]
    for layer in layers:
        if training and torch.is_grad_enabled():
            layer.forget()
            hidden = _Layer.apply(  # type: ignore[no-untyped-call]
                hidden, blocked, layer.n_heads, layer.dropout.p, layer.eps, dtype, *layer.parameters
            )
        else:
            hidden = _predict(layer, hidden, blocked, dtype)
    return hidden


def _cast(weights: List[Any], n_heads: int, dtype: torch.dtype) -> Tuple[Tensor, ...]:
    """Query, key and value in one matrix (the query scaled for attention), and the other three."""
    wq, bq, wk, bk, wv, bv, wo, bo, _, _, wi, bi, wd, bd, _, _ = weights
    width = wq.shape[0]
    scale = 1 / math.sqrt(width // n_heads)
    w_qkv = torch.empty(3 * width, width, dtype=dtype)
    b_qkv = torch.empty(3 * width, dtype=dtype)
    with torch.no_grad():
        for i, (weight, bias) in enumerate(((wq, bq), (wk, bk), (wv, bv))):
            w_qkv[i * width : (i + 1) * width].copy_(weight)
            b_qkv[i * width : (i + 1) * width].copy_(bias)
        w_qkv[:width].mul_(scale)
        b_qkv[:width].mul_(scale)
        rest = tuple(x.detach().to(dtype) for x in (wo, bo, wi, bi, wd, bd))
    return (w_qkv, b_qkv, *rest)


def _heads(x: Tensor, shape: Tuple[int, int, int, int], parts: int) -> Tensor:
    """(n·length, parts·width) → (parts, n·heads, length, head width)."""
    n, length, heads, size = shape
    x = x.view(n, length, parts, heads, size).permute(2, 0, 3, 1, 4)
    return x.reshape(parts, n * heads, length, size)


def _rows(x: Tensor, shape: Tuple[int, int, int, int], parts: int) -> Tensor:
    """The way back: (parts, n·heads, length, head width) → (n·length, parts·width)."""
    n, length, heads, size = shape
    x = x.view(parts, n, heads, length, size).permute(1, 3, 0, 2, 4)
    return x.reshape(n * length, parts * heads * size)


def _predict(
    layer: LayerWeights, hidden: Tensor, blocked: Optional[Tensor], dtype: torch.dtype
) -> Tensor:
    n, length, width = hidden.shape
    w_qkv, b_qkv, w_o, b_o, w_i, b_i, w_d, b_d = layer.casts(dtype)
    g1, b1, g2, b2 = (layer.parameters[i] for i in (8, 9, 14, 15))
    x = hidden.to(dtype).reshape(n * length, width)
    qkv = F.linear(x, w_qkv, b_qkv).view(n, length, 3, layer.n_heads, -1)
    q, k, v = qkv.permute(2, 0, 3, 1, 4)
    attended = F.scaled_dot_product_attention(q, k, v, attn_mask=blocked, scale=1.0)
    context = attended.transpose(1, 2).reshape(n * length, width)
    x = F.layer_norm(_linear_add(context, w_o, b_o, x), (width,), g1, b1, layer.eps)
    inner = _linear_gelu(x, w_i, b_i)
    x = F.layer_norm(_linear_add(inner, w_d, b_d, x), (width,), g2, b2, layer.eps)
    return x.view(n, length, width)


def _linear_gelu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if _fuses(x.dtype):
        return _fused_linear(x, weight, bias, "gelu", [], "none")  # type: ignore[no-any-return]
    return F.gelu(F.linear(x, weight, bias))


def _linear_add(x: Tensor, weight: Tensor, bias: Tensor, other: Tensor) -> Tensor:
    if _fuses(x.dtype):
        return _fused_linear.binary(x, other, weight, bias, "add")  # type: ignore[no-any-return]
    return F.linear(x, weight, bias).add_(other)


@cache
def _fuses(dtype: torch.dtype) -> bool:
    """In bf16, where it is faster; in fp32 the kernels are those of Hugging Face's layers."""
    if dtype != torch.bfloat16 or _fused_linear is None:
        return False
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


class _Layer(torch.autograd.Function):
    """One layer, forward and backward, over the parameters themselves."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        blocked: Optional[Tensor],
        n_heads: int,
        rate: float,
        eps: float,
        dtype: torch.dtype,
        *weights: Tensor,
    ) -> Tensor:
        n, length, width = hidden.shape
        shape = (n, length, n_heads, width // n_heads)
        w_qkv, b_qkv, w_o, b_o, w_i, b_i, w_d, b_d = _cast(list(weights), n_heads, dtype)
        g1, b1, g2, b2 = weights[8], weights[9], weights[14], weights[15]
        rows = hidden.reshape(n * length, width)
        x = rows.to(dtype)
        q, k, v = _heads(F.linear(x, w_qkv, b_qkv), shape, 3)
        scores = torch.bmm(q, k.transpose(1, 2))
        if blocked is not None:
            scores.view(n, n_heads, length, length).add_(blocked)
        p = torch.softmax(scores, -1)
        context = _rows(torch.bmm(p, v), shape, 1)
        attended = F.linear(context, w_o, b_o)
        m1 = draw_mask(attended.shape, rate, dtype)
        y = (attended if m1 is None else attended.mul_(m1)) + rows
        y_norm, mean1, rstd1 = _aten.native_layer_norm(y, [width], g1, b1, eps)
        u = y_norm.to(dtype)
        inner = F.linear(u, w_i, b_i)
        activated = F.gelu(inner)
        out = F.linear(activated, w_d, b_d)
        m2 = draw_mask(out.shape, rate, dtype)
        z = (out if m2 is None else out.mul_(m2)) + y_norm
        z_norm, mean2, rstd2 = _aten.native_layer_norm(z, [width], g2, b2, eps)
        ctx.shape, ctx.dtype = shape, dtype
        attention = (x, q, k, v, p, context, m1, y, mean1, rstd1)
        feed_forward = (u, inner, activated, m2, z, mean2, rstd2)
        ctx.save_for_backward(*attention, *feed_forward, w_qkv, w_o, w_i, w_d, g1, b1, g2, b2)
        return z_norm.view(n, length, width)  # type: ignore[no-any-return]

    @staticmethod
    def backward(ctx: Any, d_hidden: Tensor) -> Any:  # type: ignore[override]
        x, q, k, v, p, context, m1, y, mean1, rstd1, u, inner, activated, m2, z, mean2, rstd2 = (
            ctx.saved_tensors[:17]
        )
        w_qkv, w_o, w_i, w_d, g1, b1, g2, b2 = ctx.saved_tensors[17:]
        shape, dtype = ctx.shape, ctx.dtype
        n, length, heads, size = shape
        width = heads * size
        d_hidden = d_hidden.reshape(n * length, width)
        all_three = [True, True, True]
        dz, dg2, db2 = _aten.native_layer_norm_backward(
            d_hidden, z, [width], mean2, rstd2, g2, b2, all_three
        )
        d_out = dz.to(dtype) if m2 is None else dz.to(dtype) * m2
        # oneDNN is slow with a transposed left side that is narrow.
        dw_d, db_d = d_out.t().contiguous() @ activated, d_out.sum(0)
        d_inner = _aten.gelu_backward(d_out @ w_d, inner)
        dw_i, db_i = d_inner.t() @ u, d_inner.sum(0)
        dy, dg1, db1 = _aten.native_layer_norm_backward(
            (d_inner @ w_i) + dz, y, [width], mean1, rstd1, g1, b1, all_three
        )
        d_attended = dy.to(dtype) if m1 is None else dy.to(dtype) * m1
        dw_o, db_o = d_attended.t() @ context, d_attended.sum(0)
        d_context = d_attended @ w_o
        d_context = _heads(d_context, shape, 1)[0]
        d_qkv = x.new_empty(3, n * heads, length, size)
        torch.bmm(p.transpose(1, 2), d_context, out=d_qkv[2])
        d_p = torch.bmm(d_context, v.transpose(1, 2))
        d_scores = _aten._softmax_backward_data(d_p, p, -1, dtype)
        torch.bmm(d_scores, k, out=d_qkv[0])
        torch.bmm(d_scores.transpose(1, 2), q, out=d_qkv[1])
        d_rows = _rows(d_qkv, shape, 3)
        dw_qkv = (d_rows.t() @ x).float()
        db_qkv = d_rows.sum(0).float()
        dw_qkv[:width].mul_(1 / math.sqrt(size))
        db_qkv[:width].mul_(1 / math.sqrt(size))
        dx = (d_rows @ w_qkv) + dy
        gradients: List[Tensor] = []
        for weight, bias in zip(dw_qkv.split(width), db_qkv.split(width)):
            gradients += [weight, bias]
        gradients += [dw_o.float(), db_o.float(), dg1, db1]
        gradients += [dw_i.float(), db_i.float(), dw_d.float(), db_d.float(), dg2, db2]
        return (dx.view(n, length, width), None, None, None, None, None, *gradients)
