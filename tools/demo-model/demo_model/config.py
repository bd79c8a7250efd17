"""Sizes of the demo model and the constants it shares with the published Wan 2.1 files."""

CONFIG = {
    "video": {"width": 96, "height": 96, "frames": 17, "fps": 16},
    "vae": {"dim": 8, "z_dim": 16, "dim_mult": [1, 2, 4, 4], "num_res_blocks": 2,
            "temporal_downsample": [False, True, True]},
    "t5": {"dim": 128, "dim_attn": 128, "dim_ffn": 256, "num_heads": 4, "num_layers": 2,
           "num_buckets": 32, "text_len": 512},
    "dit": {"dim": 128, "ffn_dim": 512, "num_heads": 4, "num_layers": 5, "freq_dim": 256,
            "text_dim": 128, "in_dim": 16, "out_dim": 16, "patch_size": [1, 2, 2], "eps": 1e-6},
}
SAMPLER = {"num_steps": 4, "sigma_max": 80.0, "mid_t": [1.5, 1.4, 1.0]}

# Per-channel statistics of the published Wan 2.1 VAE: the latent is (mu - MEAN) / STD.
MEAN = [-0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508,
        0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921]
STD = [2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
       3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160]


def latent_shape(batch=1):
    """[batch, channels, latent frames, rows, columns] of a clip of CONFIG["video"]."""
    video = CONFIG["video"]
    return (batch, CONFIG["vae"]["z_dim"], 1 + (video["frames"] - 1) // 4, video["height"] // 8, video["width"] // 8)
